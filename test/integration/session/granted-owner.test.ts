import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Grant, saveGrants } from "../../../src/session/grant-store.ts";
import { adoptSessions } from "../../../src/session/nobodys-session-store.ts";
import { createSessionNotices, type NamedOtherwise } from "../../../src/session/session-notices.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "./recorder-harness.ts";

const registry = new Registry();
const told: NamedOtherwise[] = [];
let minutes = 0;

let harness: RecorderHarness;
beforeAll(async () => {
  const now = () => at(60 * minutes);
  const notices = createSessionNotices({ registry, now, tell: (session) => told.push(session) });
  harness = await createRecorderHarness({ autoSubscribers: false, notices });
  const people = ["victim", "evil"];
  await harness.database.query("insert into subscriber (id) select * from unnest($1::text[])", [people]);
  await give("victim", "victim@isp");
  await give("evil", "evil@isp");
});
afterAll(() => harness.stop());

const give = (subscriber: string, username: string) =>
  harness.database.query(
    // Whatever else a username's row has is worked out from the username.
    `insert into subscriber_username select * from jsonb_populate_record(null::subscriber_username, $1)`,
    [{ username, subscriber_id: subscriber, spelling: username }],
  );

let last = 0;
const grantFor = async (n: number, username: string, rest: Partial<Grant> = {}): Promise<string> => {
  const grant = { nasId: "bng1", username, givenAt: at(-5), attributes: Buffer.of(11, 3, n), ...rest };
  const [id = ""] = await saveGrants(harness.database, [grant]);
  return `weir:${id}`;
};

const sessionOf = async (n: number) => {
  const rows = await harness.database.query<{ subscriber: string | null; username: string; holder: string | null }>(
    `select session.subscriber_id as subscriber, session.username, interval.subscriber_id as holder
     from session join address_interval as interval on interval.session_id = session.id
     where session.acct_session_id = $1 order by session.id`,
    [`S${n}`],
  );
  return rows.at(-1);
};
const isEvils = { subscriber: "evil", username: "evil@isp", holder: "evil" };
const isVictims = { subscriber: "victim", username: "victim@isp", holder: "victim" };

test("a session with our Class is his whom the Access-Accept was made out to, whatever accounting calls him", async () => {
  const n = ++last;
  const cookie = await grantFor(n, "evil@isp");
  const shown = { username: "victim@isp", observed: { Class: [cookie] }, identity: { "User-Name": "victim@isp" } };
  harness.opened.length = 0;
  await harness.inTurn(recordOf(n, "start", 0, shown));
  expect(await sessionOf(n)).toEqual(isEvils);
  expect(harness.opened).toMatchObject([{ subscriberId: "evil" }]);
  // Each of these goes another way: carried on, taken in for its address, ended.
  const moved = { ...shown, ipv4: "100.127.9.1" };
  await harness.inTurn(recordOf(n, "interim", 300, shown), recordOf(n, "interim", 600, moved));
  expect(await sessionOf(n)).toEqual(isEvils);
  await harness.inTurn(recordOf(n, "stop", 900, moved));
  expect(await sessionOf(n)).toEqual(isEvils);
  expect(await harness.database.query("select from session where acct_session_id = $1", [`S${n}`])).toHaveLength(1);
});

test("so is one whose NAS sends no Class, but asked under the same Acct-Session-Id", async () => {
  const n = ++last;
  await grantFor(n, "evil@isp", { acctSessionId: `S${n}`, askedUsername: "Victim@isp" });
  await harness.inTurn(recordOf(n, "start", 0, { username: "victim@isp" }));
  expect(await sessionOf(n)).toEqual(isEvils);
});

const onLine = (identity: Record<string, string>) => ({ username: "victim@isp", identity });
const strangers = [
  ["another name than was asked for or given", {}, { username: "victim@isp" }],
  [
    "another line",
    { askedUsername: "victim@isp", callingStationId: "aa:aa" },
    onLine({ "Calling-Station-Id": "bb:bb" }),
  ],
  ["another port", { askedUsername: "victim@isp", nasPortId: "xe-0/0/1:7" }, onLine({ "NAS-Port-Id": "xe-0/0/1:8" })],
] as const;

test.each(strangers)(
  "an Acct-Session-Id that somebody logged in with says nothing of a session with %s",
  async (...[, grant, shown]) => {
    const n = ++last;
    await grantFor(n, "evil@isp", { acctSessionId: `S${n}`, ...grant });
    harness.opened.length = 0;
    await harness.inTurn(recordOf(n, "start", 0, shown));
    expect(await sessionOf(n)).toEqual(isVictims);
    expect(await harness.database.query("select granted from session where acct_session_id = $1", [`S${n}`])).toEqual([
      { granted: null },
    ]);
  },
);

test("nor of one without a User-Name", async () => {
  const n = ++last;
  await grantFor(n, "evil@isp", { acctSessionId: `S${n}` });
  await harness.inTurn(recordOf(n, "start", 0, { username: "" }));
  expect(await sessionOf(n)).toEqual({ subscriber: null, username: "", holder: null });
});

test("a line that only one of both names does not part an Access-Accept from its session", async () => {
  const n = ++last;
  const asked = { acctSessionId: `S${n}`, askedUsername: "victim@isp", callingStationId: "aa:aa" };
  await grantFor(n, "evil@isp", asked);
  await harness.inTurn(recordOf(n, "start", 0, onLine({ "NAS-Port-Id": "xe-0/0/1:7" })));
  expect(await sessionOf(n)).toEqual(isEvils);
});

test("an Access-Accept that an earlier use of the Acct-Session-Id took is not the next one's", async () => {
  const n = ++last;
  await grantFor(n, "evil@isp", { acctSessionId: `S${n}` });
  await harness.inTurn(
    recordOf(n, "start", 0, { username: "evil@isp" }),
    recordOf(n, "stop", 60, { username: "evil@isp" }),
  );
  await harness.inTurn(recordOf(n, "start", 120, { username: "victim@isp" }));
  expect(await sessionOf(n)).toEqual(isVictims);
});

test("an Access-Accept that was given to another NAS, or that nobody could write down, says nothing", async () => {
  const [n, other] = [++last, ++last];
  const foreign = await grantFor(n, "evil@isp", { nasId: "bng2" });
  await harness.inTurn(
    recordOf(n, "start", 0, { username: "victim@isp", observed: { Class: [foreign] } }),
    recordOf(other, "start", 0, { username: "victim@isp", observed: { Class: ["weir:0"] } }),
  );
  expect([await sessionOf(n), await sessionOf(other)]).toEqual([isVictims, isVictims]);
});

test("one made out to somebody whom nobody knows is nobody's until he is known, and never becomes another's", async () => {
  const n = ++last;
  const cookie = await grantFor(n, "stranger@isp");
  const shown = { username: "victim@isp", observed: { Class: [cookie] } };
  await harness.inTurn(recordOf(n, "start", 0, shown), recordOf(n, "interim", 300, { ...shown, ipv4: "100.127.9.2" }));
  const adopt = () => harness.database.transaction((trx) => adoptSessions(trx, { after: "0", limit: 100 }));
  await adopt();
  expect(await sessionOf(n)).toEqual({ subscriber: null, username: "stranger@isp", holder: null });
  await give("evil", "stranger@isp");
  await adopt();
  expect(await sessionOf(n)).toEqual({ ...isEvils, username: "stranger@isp" });
});

test("a session of nobody for which the NAS takes an Access-Accept is his to whom that is made out", async () => {
  const n = ++last;
  await harness.inTurn(recordOf(n, "start", 0, { username: "nobody@isp" }));
  const cookie = await grantFor(n, "evil@isp");
  await harness.inTurn(recordOf(n, "interim", 300, { username: "nobody@isp", observed: { Class: [cookie] } }));
  expect(await sessionOf(n)).toEqual(isEvils);
  await harness.inTurn(recordOf(n, "stop", 600, { username: "nobody@isp", observed: { Class: [cookie] } }));
  expect(await sessionOf(n)).toEqual(isEvils);
});

test("such sessions are counted, and told once a minute for each NAS; another spelling is the same name", async () => {
  const count = async () =>
    (await registry.getSingleMetric("weir_session_named_otherwise_total")?.get())?.values[0]?.value ?? 0;
  const before = await count();
  minutes += 5;
  told.length = 0;
  const opened: string[] = [];
  for (const shown of ["victim@isp", "victim@isp", " EVIL@isp"]) {
    const n = ++last;
    opened.push(`S${n}`);
    const observed = { Class: [await grantFor(n, "evil@isp")] };
    await harness.inTurn(recordOf(n, "start", 0, { username: shown, observed }));
  }
  expect((await count()) - before).toBe(2);
  expect(told).toEqual([{ nasId: "bng1", acctSessionId: opened[0], granted: "evil@isp", shown: "victim@isp" }]);
});
