import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { run as doctor } from "../../../src/commands/doctor.ts";
import { run as importFile } from "../../../src/commands/import.ts";
import { run as key } from "../../../src/commands/key.ts";
import { run as lookup } from "../../../src/commands/lookup.ts";
import { run as migrate } from "../../../src/commands/migrate.ts";
import { run as radclient } from "../../../src/commands/radclient.ts";
import { run as report } from "../../../src/commands/report.ts";
import { putSource } from "../../../src/intake/source-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { runCommand } from "./run-command.ts";

const execute = promisify(execFile);
const program = new URL("../../../src/main.ts", import.meta.url).pathname;

const commands = { migrate, key, lookup, import: importFile, report, radclient, doctor };

let folder: string;
let test1: TestDatabase;
let free: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-commands-"));
  test1 = await createTestDatabase();
  const ports = [await freePort(), await freePort(), await freePort()].map(String);
  free = {
    DATABASE_URL: test1.url,
    WEIR_DATA_DIR: folder,
    WEIR_SECRET_KEY: "key-ring-of-this-test-0123456789",
    WEIR_HTTP_PORT: ports[0] ?? "",
    WEIR_AUTH_PORT: ports[1] ?? "",
    WEIR_ACCT_PORT: ports[2] ?? "",
  };
});
afterAll(async () => {
  await test1?.drop();
  await rm(folder, { recursive: true, force: true });
});

/** The program as people start it. */
async function weir(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const options = { env: { PATH: process.env["PATH"], ...environment }, cwd: folder, timeout: 25_000 };
  return await execute(process.execPath, [program, ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout,
      err: error.stderr,
    }),
  );
}

test("the help names every command; one that there is not is wrong usage", async () => {
  const help = await weir(["--help"]);
  expect(help).toMatchObject({ code: 0, err: "" });
  for (const name of ["serve", "demo", "bng", "bench", ...Object.keys(commands)])
    expect(help.out).toMatch(new RegExp(`^ {2}${name} +\\S`, "m"));
  expect(help.out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  const unknown = await weir(["lokup"]);
  expect(unknown).toMatchObject({ code: 2, out: "" });
  expect(unknown.err).toBe('weir: there is no command "lokup"; is lookup meant?\nsee: weir --help\n');
});

test.each(Object.entries(commands))("%s explains itself, and refuses what it does not know", async (name, run) => {
  const help = await runCommand(run, ["--help"]);
  expect(help).toMatchObject({ code: 0, err: "", out: expect.stringContaining(`usage: weir ${name}`) });
  expect(help.out).toContain("exit code: 0");
  expect(help.out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  const refused = await runCommand(run, ["--no-such-option"]);
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.err).toMatch(new RegExp(`^weir ${name}: .*--no-such-option.*\nsee: weir ${name} --help\n$`));
});

test("a wrong configuration: every problem by its name, exit code 2", async () => {
  const wrong = { WEIR_HTTP_PORT: "x", WEIR_HOST: "nowhere", DATABASE_URL: "mysql://x" };
  for (const args of [["migrate"], ["doctor"], ["lookup", "192.0.2.1"], ["key", "list"]]) {
    const { code, err } = await weir(args, wrong);
    expect(code).toBe(2);
    for (const name of Object.keys(wrong)) expect(err).toContain(name);
  }
});

test("a database that is not there, or not of that name: the same text of every command, exit code 1", async () => {
  const place = `127.0.0.1:${await freePort()}`;
  const other = new URL(test1.url);
  other.pathname = "/no_such";
  const cases = {
    [`postgres://x@${place}/x`]: `${place} cannot be reached (connect ECONNREFUSED ${place})`,
    [other.href]: 'the database server has no such database (database "no_such" does not exist)',
  };
  for (const [DATABASE_URL, problem] of Object.entries(cases))
    for (const args of [["migrate"], ["lookup", "192.0.2.1"], ["serve"]]) {
      const { code, err } = await weir(args, { ...free, DATABASE_URL });
      expect(code).toBe(1);
      expect(err).toBe(`weir ${args[0]}: ${problem}, see DATABASE_URL\ntry: weir doctor\n`);
    }
});

test.each([
  ["import", importFile, (path: string) => ["subscribers", path]],
  ["report", report, (path: string) => [path, "--source", "partner"]],
  ["radclient", radclient, (path: string) => ["-f", path, "127.0.0.1", "auth", "secret"]],
])("%s says in words why it cannot read a file", async (name, run, args) => {
  for (const [path, words] of [
    [join(folder, "no-such"), "there is no such file"],
    [folder, "is a folder, not a file"],
  ] as const) {
    const { code, err } = await runCommand(run, args(path), { environment: free });
    expect(code).toBeGreaterThan(0);
    expect(err).toBe(`weir ${name}: ${path}: ${words}\n`);
  }
});

test("a report with no server running: stored, and said that what follows waits", async () => {
  await putSource(test1.database, { id: "partner", kind: "third-party", trust: 90 });
  await test1.database.query(
    `with customer as (insert into subscriber (id) values ('alice')),
       opened as (
         insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, username, subscriber_id)
         values ('nas1', 's1', now() - interval '1 hour', now(), now(), 'alice', 'alice') returning id)
     insert into address_interval (prefix, held_from, session_id, subscriber_id, nas_id)
     select '192.0.2.9/32', now() - interval '1 hour', opened.id, 'alice', 'nas1' from opened`,
  );
  const body = JSON.stringify([{ ip: "192.0.2.9", at: new Date().toISOString(), category: "botnet" }]);
  const taken = await runCommand(report, ["-", "--source", "partner"], { stdin: body, environment: free });
  expect(taken.out).toMatch(
    /accepted 1, duplicates 0, rejected 0\ncase \d+ {2}alice {2}botnet {2}open, stage walled-garden\n$/,
  );
  expect(taken).toMatchObject({ code: 0, err: expect.stringContaining("no server is running") });
  const jobs = await test1.database.query("select enforcement_job.nas_id from enforcement_job");
  expect(jobs).toEqual([{ nas_id: "nas1" }]);
});

test("a CSV report whose kind nothing says is refused with the option that says it", async () => {
  await putSource(test1.database, { id: "feed", kind: "third-party", trust: 90 });
  const stdin = '"timestamp","ip"\n"2026-11-20 11:00:00","192.0.2.9"\n';
  const refused = await runCommand(report, ["-", "--source", "feed"], { stdin, environment: free });
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("report-type-missing") });
  expect(refused.err).toContain("--type event4_sinkhole");
});

test("doctor: a key that others may read, and a database that loses what it acknowledged, are failures", async () => {
  const file = join(folder, "admin-key");
  await writeFile(file, "key\n");
  await chmod(file, 0o644);
  const found = await runCommand(doctor, [], { environment: free });
  expect(found.code).toBe(1);
  expect(found.out).toContain(
    `failure  files: ${file} may be read or changed by others (mode 0644)\n         → chmod 600`,
  );
  expect(found.out).toContain("failure  database: fsync is off");
  await chmod(file, 0o600);
  expect((await runCommand(doctor, [])).out).toContain(`ok       files: ${file} is for its owner only`);
});

test("the embedded PostgreSQL: doctor makes none; migrate does, and doctor finds nothing that fails", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-embedded-"));
  await chmod(dataDir, 0o755);
  const { DATABASE_URL: _, ...others } = free;
  const environment = { ...others, WEIR_DATA_DIR: dataDir };
  try {
    const before = await weir(["doctor"], environment);
    expect(before).toMatchObject({ code: 0, out: expect.stringContaining("does not exist yet") });
    expect(await readdir(dataDir)).toEqual([]);
    expect((await weir(["migrate"], environment)).out).toMatch(/^applied 0001-nas\n[\s\S]*the schema is up to date\n$/);
    const after = await weir(["doctor"], environment);
    expect(after.code, after.out).toBe(0);
    expect(after.out).toContain("warning  nas: none is registered");
    await expect(stat(join(dataDir, "postgres", "postmaster.pid"))).rejects.toThrow("ENOENT");
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, 60_000);

test("doctor: a port that another program holds is a failure", async () => {
  const taken = createSocket("udp4").bind(Number(free["WEIR_ACCT_PORT"]), "127.0.0.1");
  await once(taken, "listening");
  const found = await runCommand(doctor, [], { environment: free });
  taken.close();
  expect(found.out).toContain(
    `failure  port 127.0.0.1:${free["WEIR_ACCT_PORT"]}: RADIUS acct: taken by another Weir, or by another program`,
  );
});

test("doctor: an upstream where nothing listens is a failure", async () => {
  const upstream = { WEIR_UPSTREAM_AUTH: `127.0.0.1:${await freePort()}`, WEIR_UPSTREAM_SECRET: "upstream-secret" };
  const found = await runCommand(doctor, [], { environment: upstream });
  for (const name of Object.keys(upstream)) delete process.env[name];
  expect(found.code).toBe(1);
  expect(found.out).toMatch(/^failure {2}upstream 127\.0\.0\.1:\d+: auth: nothing listens there$/m);
});
