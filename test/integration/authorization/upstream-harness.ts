import { randomBytes } from "node:crypto";
import { Registry } from "prom-client";
import type { AuthorizerDependencies } from "../../../src/authorization/authorizer.ts";
import { createUpstreamClient } from "../../../src/authorization/upstream-client.ts";
import { createUpstreamMetrics } from "../../../src/authorization/upstream-metrics.ts";
import type { Database } from "../../../src/database/database.ts";
import { parseAttributeLine } from "../../../src/radius/attribute-text.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import type { Packet } from "../../../src/radius/packet.ts";
import { type FakeUpstream, startFakeUpstream, type UpstreamAnswer } from "../../support/fake-upstream.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { clearLogins, dictionary, type Harness, harnessOn } from "./login-harness.ts";

export const secret = Buffer.from("upstream secret");

type UpstreamChanges = Partial<AuthorizerDependencies> & {
  /** What happens while the upstream is being asked; its answer comes after it. */
  readonly meanwhile?: () => Promise<unknown>;
};

/** Logins through upstream servers of the test's own. */
export interface UpstreamBench {
  readonly database: TestDatabase["database"];
  upstream(answer: (packet: Packet) => UpstreamAnswer | undefined): Promise<FakeUpstream>;
  through(servers: readonly FakeUpstream[], changes?: UpstreamChanges): Harness;
  /** The test's database until it goes away. */
  fragile(): { readonly database: Database; isAway: boolean };
  /** As before the first test: nobody known, nothing running. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** On a database of its own, or on one that it then drops. */
export async function createUpstreamBench(given?: TestDatabase): Promise<UpstreamBench> {
  const test_ = given ?? (await createTestDatabase());
  const running: { stop(): unknown }[] = [];
  const clear = async () => {
    for (const part of running.splice(0).reverse()) await part.stop();
    await clearLogins(test_.database);
  };
  return {
    database: test_.database,
    upstream: async (answer) => {
      const fake = await startFakeUpstream({ secret, answer });
      running.push(fake);
      return fake;
    },
    through: (servers, { meanwhile, ...changes } = {}) => {
      const patient = createUpstreamClient({
        servers: servers.map(({ port }) => ({ host: "127.0.0.1", port })),
        kind: "auth",
        secret,
        metrics: createUpstreamMetrics(new Registry()),
        randomOctets: randomBytes,
        changed: () => undefined,
        timing: { firstWaitMs: 60, maxWaitMs: 100, attemptsAlone: 2, probeEveryMs: 60_000 },
      });
      const exchange: typeof patient.exchange = async (build, preferred) => {
        const [outcome] = await Promise.all([patient.exchange(build, preferred), meanwhile?.()]);
        return outcome;
      };
      const client = { ...patient, exchange };
      const harness = harnessOn(test_.database, {
        upstream: { client, secret, proxyState: Buffer.from("weir-hop") },
        ...changes,
      });
      running.push(client, harness.authorizer);
      return harness;
    },
    fragile: () => {
      const state = { isAway: false, database: test_.database };
      const query: Database["query"] = (sql, values) =>
        state.isAway ? Promise.reject(new Error("connection refused")) : test_.database.query(sql, values);
      state.database = { ...test_.database, query };
      return state;
    },
    clear,
    stop: async () => {
      await clear();
      await test_.drop();
    },
  };
}

/** What an upstream answers, in radclient's form, hidden for the request. */
export const words =
  (code: number, ...lines: readonly string[]) =>
  (packet: Packet): UpstreamAnswer => ({
    code,
    attributes: encodeAttributes(
      dictionary,
      lines.map((line) => parseAttributeLine(dictionary, line)),
      { secret, authenticator: packet.authenticator },
    ),
  });

export const accept = (...lines: readonly string[]) => words(Code.AccessAccept, ...lines);
