import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { Code } from "../../../src/radius/code.ts";
import { verifyResponse } from "../../../src/radius/verify-packet.ts";
import { type Answer, inWords, nasOf } from "../../integration/authorization/login-harness.ts";
import {
  type Attempt,
  type MethodName,
  methodNames,
  methods,
  msChapFailure,
} from "../../integration/authorization/login-methods.ts";
import { openRadiusPeer } from "../../support/radius-peer.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { callWeir, endAllWeirs, type Ready, startWeirProcess, type WeirProcess } from "../../support/weir-process.ts";

const MESSAGE_AUTHENTICATOR = 80;
const nas = nasOf("mikrotik");
let database: TestDatabase;
let folder: string;
let authPort: number;
let weir: WeirProcess;
let ready: Ready;

const start = async () => {
  weir = startWeirProcess({
    DATABASE_URL: database.url,
    WEIR_DATA_DIR: folder,
    WEIR_LOG_LEVEL: "error",
    WEIR_AUTH_PORT: `${authPort}`,
    WEIR_ACCT_PORT: "0",
  });
  ready = await weir.ready();
};
const startWithNas = async () => {
  await start();
  await call("PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: nas.secret.toString(), vendor: nas.vendor });
};
const call = (method: string, path: string, body?: unknown) => callWeir(ready.http, method, path, body);

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "weir-regenerated-"));
  authPort = await freePort();
});
afterEach(endAllWeirs);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

/** From a socket of its own; what comes back has to be signed, Message-Authenticator first. */
async function ask({ packet }: Attempt): Promise<Answer> {
  const peer = await openRadiusPeer(authPort);
  const reply = await peer.ask(packet.octets);
  await peer.close();
  if (!reply) throw new Error("no answer");
  expect(verifyResponse(reply, packet, nas.secret)).toEqual({ ok: true, hasMessageAuthenticator: true });
  expect(reply.attributes[0]?.type).toBe(MESSAGE_AUTHENTICATOR);
  return inWords({ kind: "answer", code: reply.code, attributes: [...reply.attributes] }, packet, nas);
}

const standing = async (id: string) =>
  ((await call("GET", `/v1/subscribers/${id}`)) as { measures: readonly { kind: string }[] }).measures.map(
    ({ kind }) => kind,
  );

const reveal = async (id: string) =>
  ((await call("POST", `/v1/subscribers/${id}/password/reveal`)) as { password: string }).password;

type Tried = (typeof tried)[number];
/** Each has a subscriber of its name. */
const tried = ["PAP", "CHAP", "MS-CHAPv2"] as const;
const replaced = /For your protection your password was replaced\. Please call our helpdesk/;
const failed = /Login failed/;

const logIn = (by: Tried, password: string) => ask(methods[by](nas, by, password));

function expectRefusal(by: MethodName, { code, attributes }: Answer, message: RegExp): void {
  expect(code).toBe(Code.AccessReject);
  expect(attributes["Reply-Message"]).toEqual([expect.stringMatching(message)]);
  const failure = by === "MS-CHAPv2" ? [expect.stringMatching(msChapFailure(691, message))] : undefined;
  expect(attributes["MS-CHAP-Error"]).toEqual(failure);
}

/** A customer with the old password, which is to be regenerated at the next login. */
async function arm(by: Tried, answer: "reject" | "walled-garden"): Promise<void> {
  await call("PUT", `/v1/subscribers/${by}`, { usernames: [by], credential: { password: "old password" } });
  expect((await logIn(by, "old password")).code).toBe(Code.AccessAccept);
  const params = { when: "next-auth", answer };
  await call("PUT", `/v1/subscribers/${by}/measures/regenerate-password`, { reason: "test", params });
}

async function withdraw(by: Tried): Promise<void> {
  await arm(by, "reject");
  expectRefusal(by, await logIn(by, "wrong"), failed);
  await expect(reveal(by)).rejects.toThrow("no-password-waiting");
  for (const answer of await Promise.all([logIn(by, "old password"), logIn(by, "old password")]))
    expectRefusal(by, answer, replaced);
}

async function expectWithdrawn(by: Tried): Promise<void> {
  for (const other of methodNames) expectRefusal(other, await ask(methods[other](nas, by, "old password")), replaced);
  expect(await standing(by)).toEqual(["regenerate-password"]);
}

/** Two at the helpdesk ask at the same moment, and one of them is told. */
async function revealedOnce(by: Tried): Promise<string> {
  const told = await Promise.allSettled([reveal(by), reveal(by)]);
  const passwords = told.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(passwords).toHaveLength(1);
  await expect(reveal(by)).rejects.toThrow("already-revealed");
  return passwords[0] ?? "";
}

async function adopt(by: Tried): Promise<void> {
  const password = await revealedOnce(by);
  const first = methods[by](nas, by, password);
  const accepted = await ask(first);
  expect(accepted.code).toBe(Code.AccessAccept);
  expect(accepted.attributes).toMatchObject(first.proven);
  expect(accepted.attributes["Mikrotik-Address-List"]).toBeUndefined();
  expect(await standing(by)).toEqual([]);
  expectRefusal(by, await logIn(by, "old password"), failed);
  expect((await logIn(by, password)).code).toBe(Code.AccessAccept);
}

async function gardenOnce(by: Tried): Promise<void> {
  await arm(by, "walled-garden");
  expectRefusal(by, await logIn(by, "wrong"), failed);
  const old = methods[by](nas, by, "old password");
  const gardened = await ask(old);
  expect(gardened.code).toBe(Code.AccessAccept);
  expect(gardened.attributes).toMatchObject({ ...old.proven, "Mikrotik-Address-List": ["weir-garden"] });
  await expectWithdrawn(by);
  await adopt(by);
}

test("over UDP, by each method: the old password regenerates once and never works again, across a kill -9, until the new one is in use", async () => {
  await startWithNas();
  for (const by of tried) await withdraw(by);
  weir.kill("SIGKILL");
  await weir.ended();
  await start();
  for (const by of tried) await expectWithdrawn(by);
  for (const by of tried) await adopt(by);
});

test("over UDP, by each method: asked to, the login that withdraws the old password opens the garden, once", async () => {
  await database.database.query("truncate subscriber cascade");
  await startWithNas();
  for (const by of tried) await gardenOnce(by);
});
