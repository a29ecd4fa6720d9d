import { randomBytes } from "node:crypto";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createUpstreamClient } from "../../../src/authorization/upstream-client.ts";
import { createUpstreamMetrics } from "../../../src/authorization/upstream-metrics.ts";
import { type KeptUpstreamSigning, keepUpstreamSigning } from "../../../src/authorization/upstream-signing.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

const secret = Buffer.from("upstream secret");
let db: TestDatabase;
let server: FakeUpstream;
let isSigning = false;
beforeAll(async () => {
  db = await createTestDatabase();
  const answer = () => ({ code: Code.AccessAccept, messageAuthenticator: isSigning });
  server = await startFakeUpstream({ secret, answer });
});
afterAll(async () => {
  await server.stop();
  await db.drop();
});

const running: { stop(): unknown }[] = [];
beforeEach(() => db.database.query("delete from upstream_signing"));
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

async function keep(rule: "auto" | "require", database = db.database): Promise<KeptUpstreamSigning> {
  const signing = await keepUpstreamSigning({ queryable: database, rule, now: () => new Date(), everyMs: 30 });
  running.push(signing);
  return signing;
}

/** How a login at a process with this memory ends. */
async function login(signing: KeptUpstreamSigning, signs: boolean): Promise<string> {
  isSigning = signs;
  const client = createUpstreamClient({
    servers: [{ host: "127.0.0.1", port: server.port }],
    kind: "auth",
    secret,
    metrics: createUpstreamMetrics(new Registry()),
    randomOctets: randomBytes,
    changed: () => undefined,
    timing: { firstWaitMs: 40, maxWaitMs: 40, attemptsAlone: 2, probeEveryMs: 60_000 },
    signing,
  });
  const outcome = await client.exchange((identifier) =>
    encodeRequest({
      code: Code.AccessRequest,
      identifier,
      attributes: [],
      secret,
      authenticator: randomBytes(16),
      messageAuthenticator: true,
    }),
  );
  client.stop();
  return outcome.kind;
}

test("that a server signs is known after a restart, and soon to the other processes", async () => {
  const other = await keep("auto");
  const first = await keep("auto");
  expect(await login(first, false)).toBe("reply");
  expect(await login(first, true)).toBe("reply");
  expect(await login(first, false)).toBe("no-answer");
  await first.stop();
  expect(await login(await keep("auto"), false)).toBe("no-answer");
  await vi.waitFor(() => expect(other.mustSign(`127.0.0.1:${server.port}`)).toBe(true));
  expect(await login(other, false)).toBe("no-answer");
});

test("what the database did not take is given to it again", async () => {
  let isAway = false;
  const query: typeof db.database.query = (sql, values) =>
    isAway ? Promise.reject(new Error("connection refused")) : db.database.query(sql, values);
  const signing = await keep("auto", { ...db.database, query });
  isAway = true;
  expect(await login(signing, true)).toBe("reply");
  expect(await login(signing, false)).toBe("no-answer");
  isAway = false;
  await vi.waitFor(async () => {
    expect(await db.database.query("select server from upstream_signing")).toHaveLength(1);
  });
});

test("where it is required, an unsigned answer is never taken", async () => {
  const signing = await keep("require");
  expect(await login(signing, false)).toBe("no-answer");
  expect(await login(signing, true)).toBe("reply");
});
