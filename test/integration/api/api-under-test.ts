import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { BodyRules } from "../../../src/api/bodies/body-receiver.ts";
import { createApi } from "../../../src/api/create-api.ts";
import type { Role } from "../../../src/api/rights.ts";
import type { JobView } from "../../../src/api/routes/job-routes.ts";
import { ownAddresses } from "../../../src/attribution/own-addresses.ts";
import { loadDictionary } from "../../../src/dictionary/load-dictionary.ts";
import { approveMeasure } from "../../../src/enforcement/approve-measure.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { createReportReader } from "../../../src/intake/read-report.ts";
import { createNasDirectory } from "../../../src/nas/nas-directory.ts";
import { builtInPlaybook } from "../../../src/policy/built-in-playbooks.ts";
import { postCaseEvent } from "../../../src/response/post-case-event.ts";
import { createReportReceiver } from "../../../src/response/receive-report.ts";
import { createKeyRing, type KeyRing } from "../../../src/secrets/key-ring.ts";
import { createCredentialStore } from "../../../src/subscriber/credential-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { createDocumentCheck, type DocumentCheck } from "./document-check.ts";

export const adminKey = "the-admin-key-from-outside";

/** Whatever the API answers: read as the test expects it. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads an answer as a client does, by looking
export type Body = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Body;
  readonly text: string;
}

export interface CallOptions {
  /** null: none. */
  readonly key?: string | null;
  readonly json?: unknown;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiUnderTest extends TestDatabase {
  readonly app: FastifyInstance;
  readonly metrics: Registry;
  readonly keyRing: KeyRing;
  readonly logged: readonly string[];
  /** How often the dispatcher was woken. */
  readonly woken: { count: number };
  readonly readiness: { database: boolean };
  /** Every answer to `call` is held against the OpenAPI document by this. */
  readonly check: DocumentCheck;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  keyOf(role: Role, source?: string): Promise<string>;
  stop(): Promise<void>;
}

const job: JobView = {
  name: "reconcile",
  schedule: "* * * * *",
  lastRun: null,
  nextRunAt: new Date("2030-01-01T00:00:00Z"),
};

interface AppOptions {
  readonly keyRing: KeyRing;
  readonly log: (line: string) => void;
  readonly isUpstreamAuthenticating: boolean;
  readonly bodyRules?: BodyRules | undefined;
}

async function startApp({ database }: TestDatabase, { keyRing, log, isUpstreamAuthenticating, bodyRules }: AppOptions) {
  const now = () => new Date();
  const woken = { count: 0 };
  const readiness = { database: true };
  const wake = () => {
    woken.count += 1;
  };
  const nasDirectory = await createNasDirectory({ database, keyRing, now, onRefreshError: () => undefined });
  const isOwnAddress = ownAddresses(["203.0.113.200", "2001:db8:53::/48"]);
  const enforcement = {
    playbookFor: builtInPlaybook,
    impossibleHere: new Set<string>(),
    orderMeasure,
    liftMeasure,
    approveMeasure,
  };
  const metrics = new Registry();
  const app = await createApi({
    database,
    keyRing,
    nasDirectory,
    dictionary: await loadDictionary(),
    credentials: createCredentialStore({ keyRing, randomBelow: (limit) => randomInt(limit) }),
    dispatcher: { wake, settled: async () => undefined },
    receiveReport: createReportReceiver({
      ...enforcement,
      database,
      isOwnAddress,
      readReport: createReportReader(),
      newId: randomUUID,
      committed: wake,
    }),
    postCaseEvent: (trx, event) => postCaseEvent(trx, enforcement, event),
    jobs: {
      list: async () => [job],
      run: async (name) => (name === job.name ? { kind: "ran", job } : { kind: "unknown-job" }),
    },
    checkReadiness: async () => ({ ...readiness }),
    adminKey,
    now,
    log: pino({ level: "debug" }, { write: log }),
    metrics,
    version: "0.0.0-test",
    trustedProxies: [],
    isOwnAddress,
    isUpstreamAuthenticating,
    ...(bodyRules && { bodyRules }),
  });
  return { app, metrics, woken, readiness, stopNas: () => nasDirectory.stop() };
}

/** The whole API on a database of its own; the dispatcher and the jobs only note that they were asked. */
export async function startApi({
  isUpstreamAuthenticating = false,
  bodyRules,
}: {
  readonly isUpstreamAuthenticating?: boolean;
  readonly bodyRules?: BodyRules;
} = {}): Promise<ApiUnderTest> {
  const test = await createTestDatabase();
  const keyRing = createKeyRing([randomBytes(32).toString("base64url")]);
  const logged: string[] = [];
  const { app, metrics, woken, readiness, stopNas } = await startApp(test, {
    keyRing,
    log: (line) => void logged.push(line),
    isUpstreamAuthenticating,
    bodyRules,
  });
  const check = createDocumentCheck((await app.inject("/openapi.json")).json());
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const { key = adminKey, json, body = json === undefined ? undefined : JSON.stringify(json), headers } = options;
    const answer = await app.inject({
      method: method as "GET",
      url: path,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body }),
    });
    check.answer({
      method,
      path,
      status: answer.statusCode,
      contentType: String(answer.headers["content-type"] ?? ""),
      text: answer.body,
    });
    const isJson =
      /json/.test(String(answer.headers["content-type"])) && !/ndjson/.test(String(answer.headers["content-type"]));
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: isJson && answer.body !== "" ? answer.json() : undefined,
      text: answer.body,
    };
  };
  const keyOf = async (role: Role, source?: string): Promise<string> =>
    (await call("POST", "/v1/keys", { json: { role, ...(source === undefined ? {} : { source }) } })).body.key;
  const stop = async () => {
    await app.close();
    await stopNas();
    await test.drop();
  };
  return { ...test, app, metrics, keyRing, logged, woken, readiness, check, call, keyOf, stop };
}
