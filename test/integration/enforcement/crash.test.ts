import { type ChildProcess, fork } from "node:child_process";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import type { CrashPoint, Datagram } from "./crash-child.ts";
import { addSession, addSubscriber, allDone, enforcementsOf, garden, order, sessionFacts } from "./fixtures.ts";

let db: TestDatabase;
let session: string;
let children: ChildProcess[] = [];
/** What reached the NAS, from all processes. */
let wire: Datagram[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(async () => {
  await addSubscriber(db.database, "s1");
  session = await addSession(db.database, "s1");
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  wire = [];
  await db.database.query("truncate enforcement_job, enforcement, session, measure, subscriber cascade");
});
afterAll(() => db.drop());

function node(crashPoint: CrashPoint, ageMs = 0): Promise<NodeJS.Signals | null> {
  const script = new URL("./crash-child.ts", import.meta.url);
  const child = fork(script, [db.url, crashPoint, String(ageMs)], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  children.push(child);
  child.on("message", (message) => {
    wire.push(message as Datagram);
    if (crashPoint === "sent") child.kill("SIGKILL");
    else child.send("acknowledged");
  });
  return new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
}

const crash = async (point: CrashPoint): Promise<void> => {
  await order(db.database, { subscriberId: "s1", detail: garden });
  expect(await node(point)).toBe("SIGKILL");
};
const follows = () =>
  vi.waitFor(
    async () => {
      const { applied, obstacle } = await sessionFacts(db.database, session);
      expect({ applied, obstacle }).toEqual({ applied: { isWalledGarden: true }, obstacle: null });
    },
    { timeout: 15_000, interval: 50 },
  );

test("killed before its request was journalled: the next process sends one", async () => {
  await crash("prepared");
  expect(await enforcementsOf(db.database, session)).toEqual([]);
  void node("never");
  await follows();
  expect(wire).toHaveLength(1);
});

test.each([
  ["between journal and send", "journalled", 1],
  ["between send and answer", "sent", 2],
  ["between answer and record", "answered", 2],
] as const)("killed %s: the next process sends the same octets from the same port", async (_when, point, datagrams) => {
  await crash(point);
  expect(await enforcementsOf(db.database, session)).toMatchObject([{ outcome: null }]);
  void node("never");
  await follows();
  await allDone(db.database);
  expect(wire).toHaveLength(datagrams);
  expect(new Set(wire.map(({ octets, localPort }) => `${octets} ${localPort}`)).size).toBe(1);
  const [enforcement, ...more] = await enforcementsOf(db.database, session);
  expect(more).toEqual([]);
  expect(enforcement).toMatchObject({ outcome: "acknowledged" });
  expect(enforcement?.request?.toString("hex")).toBe(wire[0]?.octets);
});

test("a request older than a NAS takes is not sent again: nobody knows what became of it, and a new one goes out", async () => {
  await crash("sent");
  void node("never", 301_000);
  await follows();
  await allDone(db.database);
  expect(wire).toHaveLength(2);
  expect(wire[0]?.octets).not.toBe(wire[1]?.octets);
  expect((await enforcementsOf(db.database, session)).map(({ outcome }) => outcome)).toEqual([
    "no-answer",
    "acknowledged",
  ]);
});

test("a session that ended while its node was dead is left alone, and the record is closed", async () => {
  await crash("sent");
  await db.database.query("update session set stopped_at = now() where id = $1", [session]);
  void node("never");
  await allDone(db.database);
  expect(wire).toHaveLength(1);
  expect(await enforcementsOf(db.database, session)).toMatchObject([{ outcome: "no-answer" }]);
});

test("another node takes over when the lease of a killed one has run out", async () => {
  await crash("sent");
  await db.database.query(
    "update enforcement_job set claimed_by = 'elsewhere/x', claimed_until = now() + interval '1 second'",
  );
  void node("never");
  await follows();
  expect(wire).toHaveLength(2);
});
