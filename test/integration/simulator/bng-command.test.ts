import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { passwordOf, usernameOf } from "../../../src/simulator/subscriber-names.ts";
import { freePort } from "../../support/free-port.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { until } from "./until.ts";

const ADMIN_KEY = "admin-key-of-this-test-0123456789abcdef";
const main = resolve(import.meta.dirname, "../../../src/main.ts");
let weir: WeirUnderTest;
let coaPort: number;

beforeAll(async () => {
  weir = await startWeir();
  coaPort = await freePort();
  await weir.call("PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: "s3", vendor: "generic", coaPort });
  for (const line of [5, 6])
    await weir.call("PUT", `/v1/subscribers/c${line}`, {
      usernames: [usernameOf(line)],
      credential: { password: passwordOf(line) },
    });
});
afterAll(async () => await weir?.stop());

/** `weir bng` as a program of its own. */
const bng = (...args: readonly string[]) => bngIn({}, args);

function bngIn(environment: Readonly<Record<string, string>>, args: readonly string[]) {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [main, "bng", ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  const exited = once(child, "close").then(() => child.exitCode);
  return {
    said: () => said,
    type: (line: string) => child.stdin.write(`${line}\n`),
    exited,
    stop: async () => {
      if (child.exitCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

const server = (more: readonly string[]) => [
  ...[`--auth-port=${weir.authPort}`, `--acct-port=${weir.acctPort}`, "--secret=s3", `--coa-port=${coaPort}`],
  ...more,
];

test("it logs its subscribers in, shows what is in force, and does what is typed until quit", async () => {
  const child = bng(...server(["--sessions=2", "--first=5", "--events=all"]));
  try {
    await until(() => /login +user0000006@isp\.example accepted S0000000006/.test(child.said()));
    await until(() => /accounting +start +user0000006@isp\.example S0000000006 [\d.]+ ms/.test(child.said()));
    await weir.call("PUT", "/v1/subscribers/c6/measures/throttle?waitMs=5000", {
      reason: "test",
      params: { downKbps: 1000, upKbps: 256 },
    });
    child.type("show 6");
    await until(() => /user0000006@isp\.example {2}up {2}S0000000006 .*down 1000 kbit\/s, up 256/.test(child.said()));
    child.type("logout user0000005@isp.example");
    await until(() => /user0000005@isp\.example {2}down/.test(child.said()));
    child.type("counts");
    await until(() => /acknowledged 1, refused 0/.test(child.said()));
    child.type("nonsense");
    await until(() => /"nonsense" is no command/.test(child.said()));
    child.type("quit");
    expect(await child.exited).toBe(0);
  } finally {
    await child.stop();
  }
});

test("with --for it ends by itself: 0 where every subscriber had a session, 1 where not", async () => {
  const well = bng(...server(["--sessions=2", "--first=5", "--for=1"]));
  expect(await well.exited, well.said()).toBe(0);
  expect(well.said()).toContain("all 2 subscribers are online");
  expect(well.said()).not.toContain("logins are rejected");
  const refused = bng(...server(["--sessions=2", "--first=5", "--for=1", "--password-of=5=wrong", "--json"]));
  expect(await refused.exited, refused.said()).toBe(1);
  expect(refused.said()).toContain("the server has to know each subscriber's username and password");
  expect(refused.said()).not.toContain("are online");
  const [event] = refused.said().match(/^\{"kind":"login".*$/m) ?? [];
  expect(JSON.parse(event ?? "{}")).toMatchObject({ line: 5, result: "rejected" });
});

test.each<[string, (file: string) => { args: readonly string[]; environment?: Readonly<Record<string, string>> }]>([
  ["--key", () => ({ args: ["--key=k"] })],
  ["--key-file", (file) => ({ args: [`--key-file=${file}`] })],
  ["WEIR_ADMIN_KEY", () => ({ args: [], environment: { WEIR_ADMIN_KEY: ADMIN_KEY } })],
])("--register tells Weir's API of it first, with the key of %s", async (_, given) => {
  const asked: { url: string; key: string; body: string }[] = [];
  const api = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (body: string) => {
      asked.push({ url: request.url ?? "", key: request.headers.authorization ?? "", body });
      response.end("{}");
    });
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  const file = join(tmpdir(), `weir-bng-key-${process.pid}`);
  const address = api.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    await writeFile(file, `${ADMIN_KEY}\n`);
    const { args, environment = {} } = given(file);
    const options = server(["--first=5", "--for=1", `--register=http://127.0.0.1:${port}`, ...args]);
    const child = bngIn(environment, options);
    await child.exited;
    const key = args[0] === "--key=k" ? "k" : ADMIN_KEY;
    expect(asked, child.said()).toMatchObject([{ url: "/v1/nas/bng1", key: `Bearer ${key}` }]);
    expect(JSON.parse(asked[0]?.body ?? "{}")).toEqual({
      address: "127.0.0.1",
      secret: "s3",
      vendor: "generic",
      coaPort,
      identifier: "bng1.isp.example",
    });
  } finally {
    api.close();
    await once(api, "close");
    await rm(file, { force: true });
  }
});

test.each([
  ["--vendor=nobody", /--vendor is one of generic/],
  ["--lose=101", /--lose "101" is not a number from 0 to 100/],
  ["--key=k", /--key and --key-file are for --register URL/],
  ["--key-file=k", /--key and --key-file are for --register URL/],
  ["--nonsense", /Unknown option '--nonsense'/],
  ["stray", /"stray" is one argument too many/],
])("%s is wrong usage", async (argument, said) => {
  const child = bng(argument);
  expect(await child.exited).toBe(2);
  expect(child.said()).toMatch(said);
});
