import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { accountingRequest, openRadiusPeer } from "../../support/radius-peer.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { ADMIN_KEY, callWeir, endAllWeirs, metricOf, startWeirProcess } from "../../support/weir-process.ts";

const SECRET = "testing123";
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "weir-start-"));
  await chmod(folder, 0o755);
});
afterEach(endAllWeirs);
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** On the run's PostgreSQL, with ports of its own. */
const configured = async (changes: Readonly<Record<string, string>> = {}) => ({
  DATABASE_URL: database.url,
  WEIR_DATA_DIR: folder,
  WEIR_AUTH_PORT: String(await freePort()),
  WEIR_ACCT_PORT: String(await freePort()),
  WEIR_LOG_LEVEL: "error",
  ...changes,
});

describe("the ready line", () => {
  test.each([
    ["silent", "SIGTERM"],
    ["trace", "SIGINT"],
  ] as const)(
    "is there at log level %s, with its own pid and ports, and %s (sent twice) ends it with 0 within 10 s",
    async (level, signal) => {
      const environment = await configured({ WEIR_LOG_LEVEL: level });
      const weir = startWeirProcess(environment);
      const ready = await weir.ready();
      expect(Object.keys(ready).slice(0, 3)).toEqual(["msg", "pid", "http"]);
      expect(ready).toMatchObject({
        msg: "ready",
        pid: weir.pid,
        auth: Number(environment.WEIR_AUTH_PORT),
        acct: Number(environment.WEIR_ACCT_PORT),
      });
      expect((await fetch(`http://127.0.0.1:${ready.http}/readyz`)).status).toBe(200);
      const { http, auth, acct } = ready;
      expect(JSON.parse(await readFile(join(folder, "server.json"), "utf8"))).toMatchObject({
        pid: weir.pid,
        ports: { http, auth, acct },
      });
      weir.kill(signal);
      weir.kill(signal);
      expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
      expect(await readdir(folder)).not.toContain("server.json");
      expect(weir.stdout()).not.toContain(ADMIN_KEY);
      expect(
        weir
          .stdout()
          .split("\n")
          .filter((line) => line.includes('"ready"')),
      ).toHaveLength(1);
    },
  );

  test("leaves out the ports that are turned off, and nothing listens there", async () => {
    const weir = startWeirProcess(await configured({ WEIR_AUTH_PORT: "0", WEIR_ACCT_PORT: "0" }));
    const ready = await weir.ready();
    expect(ready).not.toHaveProperty("auth");
    expect(ready).not.toHaveProperty("acct");
    expect(await (await fetch(`http://127.0.0.1:${ready.http}/readyz`)).json()).toEqual({
      status: "ok",
      checks: { database: true },
    });
  });
});

describe("a signal", () => {
  test("in the middle of the start ends it with 0, without a ready line", async () => {
    const weir = startWeirProcess(await configured({ WEIR_LOG_LEVEL: "info", WEIR_WORKERS: "2" }));
    // Node is up and reads our modules, or has just read them, somewhere between 300 and 1,500 ms.
    await delay(600);
    weir.kill("SIGTERM");
    const { code, signal } = await weir.ended(10_000);
    // Before our own handler is there, the signal itself ends it.
    expect(signal === "SIGTERM" || code === 0).toBe(true);
    expect(weir.stdout()).not.toContain('"ready"');
  });

  test("while the first database is made ends it with 0, with nothing that looks like a failure", async () => {
    const dataDir = await mkdtemp(join(folder, "first-"));
    await chmod(dataDir, 0o755);
    const weir = startWeirProcess(
      await configured({ DATABASE_URL: "", WEIR_DATA_DIR: dataDir, WEIR_LOG_LEVEL: "info" }),
    );
    // The password is there, and initdb begins.
    await expect.poll(() => readdir(dataDir), { timeout: 10_000, interval: 20 }).toContain("postgres-password");
    weir.kill("SIGINT");
    expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
    expect(weir.stderr()).toBe("");
    expect(weir.stdout()).toContain('"msg":"stopping"');
    expect(weir.stdout()).not.toMatch(/"level":[456]0|"stack"|listening/);
  });

  test("finds an open event stream and requests on the wire, and ends all of it", async () => {
    const weir = startWeirProcess(await configured());
    const ready = await weir.ready();
    await callWeir(ready.http, "PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
    const stream = await fetch(`http://127.0.0.1:${ready.http}/v1/events`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    expect(stream.status).toBe(200);
    const peer = await openRadiusPeer(ready.acct ?? 0);
    for (let n = 0; n < 200; n++)
      peer.send(accountingRequest({ secret: SECRET, identifier: n, status: 1, session: `under-way-${n}` }));
    await expect.poll(() => peer.answers.length, { timeout: 5_000 }).toBeGreaterThan(0);
    weir.kill("SIGTERM");
    expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
    const answered = peer.answers.map(({ identifier }) => `under-way-${identifier}`);
    const stored = await database.database.query<{ acct_session_id: string }>(
      "select acct_session_id from session where acct_session_id like 'under-way-%'",
    );
    expect(stored.map((row) => row.acct_session_id)).toEqual(expect.arrayContaining(answered));
    await stream.body?.cancel().catch(() => undefined);
    await peer.close();
  });
});

describe("a port that is taken", () => {
  test("by another program is named, with exit code 1", async () => {
    const taken = createSocket("udp4").bind(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address();
    const weir = startWeirProcess(await configured({ WEIR_ACCT_PORT: String(port) }));
    expect(await weir.ended()).toEqual({ code: 1, signal: null });
    expect(weir.stderr()).toContain(`weir serve: 127.0.0.1:${port} is taken by another program`);
    expect(weir.stderr()).not.toMatch(/\n\s+at /);
    taken.close();
  });

  test("is named with its variable, and so are all others that are taken", async () => {
    const first = startWeirProcess(await configured());
    const { http, auth, acct } = await first.ready();
    const ports = { WEIR_HTTP_PORT: String(http), WEIR_AUTH_PORT: String(auth), WEIR_ACCT_PORT: String(acct) };
    const second = startWeirProcess(await configured(ports));
    expect((await second.ended()).code).toBe(1);
    const lines = Object.entries(ports).map(
      ([name, port]) =>
        `weir serve: 127.0.0.1:${port} is taken by another program, or by another Weir: set ${name}, or WEIR_HOST\n`,
    );
    expect(second.stderr()).toBe(lines.join(""));
  });

  test("for HTTP is named as well, and an address that the machine does not have", async () => {
    const first = startWeirProcess(await configured());
    const { http } = await first.ready();
    const second = startWeirProcess(await configured({ WEIR_HTTP_PORT: String(http) }));
    const elsewhere = startWeirProcess(await configured({ WEIR_HOST: "192.0.2.77" }));
    expect((await second.ended()).code).toBe(1);
    expect(second.stderr()).toContain(`127.0.0.1:${http} is taken`);
    expect((await elsewhere.ended()).code).toBe(1);
    expect(elsewhere.stderr()).toContain("this machine has no such address");
  });

  test("to a worker is named too", async () => {
    const taken = createSocket("udp4").bind(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address();
    const weir = startWeirProcess(await configured({ WEIR_AUTH_PORT: String(port), WEIR_WORKERS: "2" }));
    expect((await weir.ended()).code).toBe(1);
    expect(weir.stderr()).toContain(`127.0.0.1:${port} is taken`);
    taken.close();
  });
});

test("a database that cannot be reached is named in a sentence, and nothing else is said", async () => {
  const weir = startWeirProcess(await configured({ DATABASE_URL: "postgres://nobody:here@127.0.0.1:1/weir" }));
  expect((await weir.ended()).code).toBe(1);
  expect(weir.stdout()).toBe("");
  expect(weir.stderr()).toMatch(
    /^weir serve: 127\.0\.0\.1:1 cannot be reached .*, see DATABASE_URL\ntry: weir doctor\n$/,
  );
});

test("who sends and is no NAS is named in the log, once for all that it sends", async () => {
  const weir = startWeirProcess(await configured({ WEIR_LOG_LEVEL: "warn" }));
  const ready = await weir.ready();
  const peer = await openRadiusPeer(ready.acct ?? 0, "127.0.0.1", "127.0.0.9");
  for (const session of ["one", "two"])
    expect(await peer.ask(accountingRequest({ secret: SECRET, status: 1, session }), 200)).toBeUndefined();
  await peer.close();
  const lines = () =>
    weir
      .stdout()
      .split("\n")
      .filter((line) => line.includes("unknown-nas"));
  await expect.poll(() => lines().length).toBe(1);
  expect(JSON.parse(lines()[0] ?? "")).toMatchObject({ level: "warn", address: "127.0.0.9" });
});

test("several addresses, IPv6 among them, are all listened on", async () => {
  const weir = startWeirProcess(await configured({ WEIR_HOST: "127.0.0.1,127.0.0.2,::1" }));
  const ready = await weir.ready();
  for (const [id, address] of [
    ["bng1", "127.0.0.1"],
    ["bng6", "::1"],
  ])
    await callWeir(ready.http, "PUT", `/v1/nas/${id}`, { address, secret: SECRET, vendor: "generic" });
  for (const [host, from] of [
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.2", "127.0.0.1"],
    ["::1", "::1"],
  ] as const) {
    const peer = await openRadiusPeer(ready.acct ?? 0, host, from);
    const answer = await peer.ask(accountingRequest({ secret: SECRET, status: 1, session: `on-${host}` }));
    expect(answer?.code).toBe(5);
    await peer.close();
    const shown = host.includes(":") ? `[${host}]` : host;
    expect((await fetch(`http://${shown}:${ready.http}/livez`)).status).toBe(200);
  }
});

describe("configuration", () => {
  test("that is wrong is told in full, and ends it with 2", async () => {
    const weir = startWeirProcess({
      DATABASE_URL: "mysql://nowhere",
      WEIR_AUTH_PORT: "99999",
      WEIR_HOST: "here",
      WEIR_LOG_LEVEL: "loud",
      WEIR_UPSTREAM_AUTH: "198.51.100.1",
      WEIR_WORKERS: "0",
    });
    expect(await weir.ended()).toEqual({ code: 2, signal: null });
    for (const name of ["DATABASE_URL", "WEIR_AUTH_PORT", "WEIR_HOST", "WEIR_LOG_LEVEL", "WEIR_UPSTREAM_SECRET"])
      expect(weir.stderr()).toContain(`weir: ${name}: `);
    expect(weir.stderr()).toContain("weir: WEIR_WORKERS: ");
  });

  test("may come from a YAML file, of which the environment has the last word", async () => {
    const [acct, auth] = [await freePort(), await freePort()];
    const file = join(folder, "weir.yaml");
    await writeFile(file, `databaseUrl: ${database.url}\nacctPort: ${acct}\nauthPort: 1\nlogLevel: error\n`);
    const weir = startWeirProcess({ WEIR_CONFIG: file, WEIR_DATA_DIR: folder, WEIR_AUTH_PORT: String(auth) });
    expect(await weir.ready()).toMatchObject({ acct, auth });
  });

  test("that a file gets wrong is told like the rest", async () => {
    const file = join(folder, "wrong.yaml");
    await writeFile(file, "acctPort: many\nnoSuchSetting: 1\n");
    const weir = startWeirProcess({ WEIR_CONFIG: file });
    expect((await weir.ended()).code).toBe(2);
    expect(weir.stderr()).toContain("WEIR_ACCT_PORT: ");
    expect(weir.stderr()).toContain("noSuchSetting: ");
  });
});

describe("two workers", () => {
  test("serve both ports; one that is killed is replaced; what all of them counted is told; they stop with the server", async () => {
    const weir = startWeirProcess(await configured({ WEIR_WORKERS: "2" }));
    const ready = await weir.ready();
    await callWeir(ready.http, "PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
    const peers = await Promise.all(Array.from({ length: 8 }, () => openRadiusPeer(ready.acct ?? 0)));
    const askAll = async (round: string) =>
      await Promise.all(
        peers.map(
          async (peer, n) =>
            (await peer.ask(accountingRequest({ secret: SECRET, status: 1, session: `${round}-${n}` })))?.code,
        ),
      );
    await expect.poll(async () => (await askAll("warm")).every((code) => code === 5), { timeout: 10_000 }).toBe(true);
    const received = () => metricOf(ready.http, "weir_radius_received_total", 'port="acct"');
    const before = await received();
    expect(before).toBeGreaterThanOrEqual(8);

    const workers = await childrenOf(weir.pid);
    expect(workers).toHaveLength(2);
    process.kill(workers[0] ?? 0, "SIGKILL");
    await expect
      .poll(async () => (await childrenOf(weir.pid)).filter((pid) => pid !== workers[0]).length, { timeout: 10_000 })
      .toBe(2);
    await expect
      .poll(async () => (await askAll(`again-${performance.now()}`)).every((code) => code === 5), { timeout: 20_000 })
      .toBe(true);
    expect(await received()).toBeGreaterThanOrEqual(before + 8);

    const last = await childrenOf(weir.pid);
    weir.kill("SIGTERM");
    expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
    for (const pid of last) expect(() => process.kill(pid, 0)).toThrow();
    await Promise.all(peers.map((peer) => peer.close()));
  });
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
