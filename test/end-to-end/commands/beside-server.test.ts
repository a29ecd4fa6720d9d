import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { run as doctor } from "../../../src/commands/doctor.ts";
import { run as importFile } from "../../../src/commands/import.ts";
import { run as key } from "../../../src/commands/key.ts";
import { run as lookup } from "../../../src/commands/lookup.ts";
import { run as migrate } from "../../../src/commands/migrate.ts";
import { forgetServer, noteServer } from "../../../src/commands/ports/server-note.ts";
import { run as radclient } from "../../../src/commands/radclient.ts";
import { run as report } from "../../../src/commands/report.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { runCommand } from "./run-command.ts";

const secret = "the secret of nas one";
const secretKey = "key-ring-of-this-test-0123456789";
const ip = "192.0.2.77";

let weir: WeirUnderTest;
let folder: string;
let coaPort: Socket;

const call = (run: Parameters<typeof runCommand>[0], ...args: string[]) => runCommand(run, args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-commands-"));
  weir = await startWeir({ secretKeys: [secretKey] });
  const [row] = await weir.database.query<{ name: string }>("select current_database() as name");
  const url = new URL(inject("clusterUrl"));
  url.pathname = `/${row?.name}`;
  Object.assign(process.env, { DATABASE_URL: url.href, WEIR_DATA_DIR: folder, WEIR_SECRET_KEY: secretKey });
  coaPort = createSocket("udp4").bind(0, "127.0.0.1");
  await once(coaPort, "listening");
  await weir.call("PUT", "/v1/nas/nas1", {
    address: "127.0.0.1",
    secret,
    vendor: "mikrotik",
    coaPort: coaPort.address().port,
  });
});
afterAll(async () => {
  coaPort?.close();
  await weir?.stop();
  await rm(folder, { recursive: true, force: true });
});

const send = (type: string, stdin: string, ...options: string[]) =>
  runCommand(radclient, [...options, `127.0.0.1:${type === "acct" ? weir.acctPort : weir.authPort}`, type, secret], {
    stdin,
  });

test("migrate has nothing to do where the server has done it", async () => {
  expect(await call(migrate)).toMatchObject({ code: 0, out: "the schema is up to date\n" });
});

test("an API key works at once, is listed, and works no more once revoked", async () => {
  const made = await call(key, "create", "--role", "viewer", "--name", "of the test");
  expect(made.out).toMatch(/^weir_\S+\n$/);
  const status = async () =>
    (await fetch(`${weir.address}/v1/sources`, { headers: { authorization: `Bearer ${made.out.trim()}` } })).status;
  expect(await status()).toBe(200);
  const listed = await call(key, "list");
  const id = /^(\S+) +viewer .* of the test$/m.exec(listed.out)?.[1] ?? "";
  expect(await call(key, "revoke", id)).toMatchObject({ code: 0 });
  expect(await status()).toBe(401);
  const { items } = await weir.call("GET", `/v1/audit?subject=key:${id}`);
  expect(items).toMatchObject([{ actor: "command-line", action: "key.revoke" }, { action: "key.create" }]);
});

test("an ingest key needs a source that there is; an unknown key cannot be revoked", async () => {
  expect(await call(key, "create", "--role", "ingest")).toMatchObject({ code: 2, out: "" });
  expect(await call(key, "create", "--role", "ingest", "--source", "nobody")).toMatchObject({ code: 1, out: "" });
  expect(await call(key, "create", "--role", "king")).toMatchObject({ code: 2, out: "" });
  expect(await call(key, "revoke", "00000000-0000-0000-0000-000000000000")).toMatchObject({ code: 1 });
  expect(await call(key, "revoke", "nonsense")).toMatchObject({ code: 2 });
});

test("import takes what it can from gzipped CSV and from NDJSON, and names the other rows", async () => {
  const file = join(folder, "people.csv.gz");
  const csv = "id,usernames,downKbps,upKbps,password\nalice,alice@isp,50000,10000,pw-alice\nbob,bob@isp,x,1,\n";
  await writeFile(file, gzipSync(csv));
  const taken = await call(importFile, "subscribers", file);
  expect(taken).toMatchObject({ code: 0, err: "" });
  expect(taken.out).toMatch(/^accepted 1 \(1 new, 0 replaced\), rejected 1\nrow 2 {2}invalid-row {2}\S/);
  const replaced = await runCommand(importFile, ["subscribers", "-", "--json"], {
    stdin: '{"id": "alice", "usernames": ["alice@isp"]}\nnonsense\n',
  });
  expect(JSON.parse(replaced.out)).toMatchObject({ replaced: 1, rejected: [{ row: 2, code: "malformed-row" }] });
  const all = await runCommand(importFile, ["subscribers", "-"], { stdin: "nonsense\n", environment: {} });
  expect(all).toMatchObject({ code: 1 });
  expect(await call(importFile, "subscribers", join(folder, "none"))).toMatchObject({
    code: 1,
    err: expect.stringContaining("no such file"),
  });
});

test("radclient logs in by PAP, CHAP and MS-CHAPv2, and sees a wrong password", async () => {
  for (const kind of ["User-Password", "CHAP-Password", "MS-CHAP2-Password"]) {
    const accepted = await send("auth", `User-Name = "alice@isp", ${kind} = "pw-alice"\n`, "-x");
    expect(accepted).toMatchObject({ code: 0, err: "", out: expect.stringContaining("Received Access-Accept Id") });
    expect(await send("auth", `User-Name = "alice@isp"\n${kind} = wrong\n`)).toMatchObject({
      code: 1,
      out: expect.stringContaining("Received Access-Reject Id"),
    });
  }
});

test("radclient gets no answer with another secret; tries again with the same octets", async () => {
  const sent = await runCommand(
    radclient,
    ["-r", "2", "-t", "0.2", "-x", "-x", "-s", `127.0.0.1:${weir.acctPort}`, "acct", "another"],
    { stdin: "Acct-Status-Type = Start\nAcct-Session-Id = x\n" },
  );
  expect(sent.code).toBe(1);
  expect(sent.out).toContain("Lost          : 1");
  const octets = [...sent.out.matchAll(/^\t([0-9a-f]{40,})$/gm)].map(([, hex]) => hex);
  expect(octets).toHaveLength(2);
  expect(octets[0]).toBe(octets[1]);
});

test("radclient: Status-Server, many at once, and replies judged by a filter", async () => {
  expect(await send("status", "")).toMatchObject({ code: 0 });
  const many = await send("status", "", "-c", "300", "-p", "20", "-q", "-s");
  expect(many.out).toContain("Accepted      : 300");
  const [packets, filters] = [join(folder, "packets"), join(folder, "filters")];
  await writeFile(
    packets,
    'User-Name = "alice@isp", User-Password = wrong\n\nUser-Name = "alice@isp"\nUser-Password = pw-alice\n',
  );
  await writeFile(
    filters,
    "Response-Packet-Type == Access-Reject, Reply-Message !~ secret\n\nFramed-IP-Address =* any\n",
  );
  const judged = await send("auth", "", "-s", "-f", `${packets}:${filters}`);
  expect(judged.out).toMatch(/Passed filter : 1\n\tFailed filter : 1/);
  expect(judged.code).toBe(1);
  expect(judged.err).toContain("Framed-IP-Address =* any");
});

test("lookup names who held the address then, and nobody before", async () => {
  const start = `Acct-Status-Type = Start, Acct-Session-Id = s1, User-Name = "alice@isp", Framed-IP-Address = ${ip}\n`;
  expect(await send("acct", start)).toMatchObject({ code: 0 });
  const now = await call(lookup, `${ip}:4711`, "--protocol", "tcp", "--skew", "5");
  expect(now).toMatchObject({ code: 0, err: "" });
  expect(now.out).toMatch(/^verdict +exact\nsubscriber +alice\nsession +\d+\nreason/);
  const before = await call(lookup, ip, "--at", "2020-01-01T00:00:00Z", "--json");
  expect(JSON.parse(before.out)).toMatchObject({ verdict: "none", subscriber: null });
  for (const wrong of [["nonsense"], [`${ip}:99999`], [ip, "--skew", "x"], []])
    expect(await call(lookup, ...wrong)).toMatchObject({ code: 2, out: "" });
  for (const noTime of ["2020-01-01", "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:00:00"])
    expect(await call(lookup, ip, "--at", noTime)).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining(noTime),
    });
});

test("a report from a file leads the running server to a CoA-Request", async () => {
  await weir.call("PUT", "/v1/sources/partner", { kind: "third-party", trust: 90 });
  const file = join(folder, "report.json");
  await writeFile(file, JSON.stringify([{ ip, at: new Date().toISOString(), category: "botnet" }, { ip: "x" }]));
  const coa = once(coaPort, "message", { signal: AbortSignal.timeout(10_000) });
  const taken = await call(report, file, "--source", "partner");
  expect(taken).toMatchObject({ code: 0, err: "" });
  expect(taken.out).toMatch(
    /^report \S+: accepted 1, duplicates 0, rejected 1\nrow 2 {2}\S+ {2}.+\ncase \d+ {2}alice {2}botnet {2}open, stage walled-garden\n$/,
  );
  const [request] = (await coa) as [Buffer];
  expect(request[0]).toBe(43);
  expect((await call(report, file, "--source", "partner")).out).toContain("accepted 0, duplicates 1, rejected 1");
});

test("report says it where no case comes of what was accepted", async () => {
  const stdin = JSON.stringify([{ ip: "192.0.2.199", at: new Date().toISOString(), category: "botnet" }]);
  const taken = await runCommand(report, ["-", "--source", "partner"], { stdin });
  expect(taken.out).toMatch(
    /^report \S+: accepted 1, duplicates 0, rejected 0\n1 row: nobody held the address at that time\nno case came of it\n$/,
  );
});

test("report fails when nothing can be taken, and says why", async () => {
  const bad = await runCommand(report, ["-", "--source", "partner"], { stdin: '[{"ip": "x"}]' });
  expect(bad).toMatchObject({ code: 1, out: expect.stringContaining("rejected 1") });
  expect(await call(report, join(folder, "report.json"), "--source", "nobody")).toMatchObject({
    code: 1,
    err: expect.stringContaining("unknown-source"),
  });
  expect(await runCommand(report, ["-", "--source", "partner"], { stdin: "a,b\n1,2\n" })).toMatchObject({
    code: 1,
    err: expect.stringContaining("report-type-missing"),
  });
  expect(await call(report, join(folder, "report.json"))).toMatchObject({ code: 2 });
});

test("doctor takes no other Weir's ports for its own server's", async () => {
  const own = { http: Number(new URL(weir.address).port), auth: weir.authPort, acct: weir.acctPort };
  const environment = {
    WEIR_HTTP_PORT: String(own.http),
    WEIR_AUTH_PORT: String(own.auth),
    WEIR_ACCT_PORT: String(own.acct),
  };
  const portLevels = async () => {
    const findings: { about: string; level: string; text: string }[] = JSON.parse(
      (await runCommand(doctor, ["--json"], { environment })).out,
    );
    return findings.filter(({ about }) => about.startsWith("port")).map(({ level, text }) => `${level} ${text}`);
  };
  const strangers = ["the API", "RADIUS auth", "RADIUS acct"].map(
    (name) => `failure ${name}: taken by another Weir, or by another program`,
  );
  expect(await portLevels()).toEqual(strangers);
  await noteServer(folder, { host: "127.0.0.1", ports: own });
  expect(await portLevels()).toEqual(
    strangers.map((one) => one.replace(/failure (.*): .*/, "ok $1: taken, by the running server")),
  );
  // The note of one that was killed: whoever has the port now was started at another time.
  const file = join(folder, "server.json");
  const note = await readFile(file, "utf8");
  await writeFile(
    file,
    note.replace(/"startedAt":(\d+)/, (_, at) => `"startedAt":${Number(at) - 60}`),
  );
  expect(await portLevels()).toEqual(strangers);
  // Ours runs, on another accounting port.
  await noteServer(folder, { host: "127.0.0.1", ports: { ...own, acct: own.acct + 1 } });
  expect((await portLevels()).map((one) => one.split(" ")[0])).toEqual(["ok", "ok", "failure"]);
  await forgetServer(folder);
});

test("doctor: a server that is there and says nothing is a failure; the note of one that is gone is not", async () => {
  const mute = createServer().listen(0, "127.0.0.1");
  await once(mute, "listening");
  const address = mute.address();
  const http = typeof address === "object" && address ? address.port : 0;
  // Of this process: its id may be another program's by now, as after a restart of the machine or of a container.
  await noteServer(folder, { host: "127.0.0.1", ports: { http } });
  const ofServer = async () => {
    const { out } = await runCommand(doctor, [], { environment: { WEIR_HTTP_PORT: String(http) } });
    return out.split("\n").filter((line) => / server: | the API/.test(line));
  };
  expect(await ofServer()).toEqual([
    `failure  server: process ${process.pid} has not answered for 3 s`,
    `ok       port 127.0.0.1:${http}: the API: taken, by the running server`,
  ]);
  mute.close();
  expect(await ofServer()).toEqual([`ok       port 127.0.0.1:${http}: free for the API`]);
  await forgetServer(folder);
});

test("doctor finds the server, the NAS that does not answer, and a secret that no key opens", async () => {
  const ports = {
    WEIR_HTTP_PORT: new URL(weir.address).port,
    WEIR_AUTH_PORT: String(weir.authPort),
    WEIR_ACCT_PORT: String(weir.acctPort),
  };
  await noteServer(folder, {
    host: "127.0.0.1",
    ports: { http: Number(ports.WEIR_HTTP_PORT), auth: weir.authPort, acct: weir.acctPort },
  });
  const found = await runCommand(doctor, ["--json"], { environment: ports });
  const findings: unknown = JSON.parse(found.out);
  const has = (about: string, level: string, text: string) =>
    expect(findings).toContainEqual(expect.objectContaining({ about, level, text: expect.stringContaining(text) }));
  has("enforcement", "ok", "a server listens");
  has(`port 127.0.0.1:${weir.authPort}`, "ok", "by the running server");
  has("schema", "ok", "up to date");
  has("nas nas1", "ok", "1 open sessions");
  const other = await runCommand(doctor, [], { environment: { WEIR_SECRET_KEY: "another-key-0123456789" } });
  Object.assign(process.env, { WEIR_SECRET_KEY: secretKey });
  expect(other.code).toBe(1);
  expect(other.out).toMatch(/^failure {2}nas nas1: its secret cannot be opened.*\n +→ /m);
});
