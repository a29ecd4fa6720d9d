import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { passwordOf, usernameOf } from "../../../src/simulator/subscriber-names.ts";
import { freePort } from "../../support/free-port.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { until } from "./until.ts";

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
function bng(...args: readonly string[]) {
  const child = spawn(process.execPath, [main, "bng", ...args], { stdio: ["pipe", "pipe", "pipe"] });
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
  const refused = bng(...server(["--sessions=2", "--first=5", "--for=1", "--password-of=5=wrong", "--json"]));
  expect(await refused.exited, refused.said()).toBe(1);
  const [event] = refused.said().match(/^\{"kind":"login".*$/m) ?? [];
  expect(JSON.parse(event ?? "{}")).toMatchObject({ line: 5, result: "rejected" });
});

test("--register tells Weir's API of it first", async () => {
  const asked: { url: string; key: string; body: string }[] = [];
  const api = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (body: string) => {
      asked.push({ url: request.url ?? "", key: request.headers.authorization ?? "", body });
      response.end("{}");
    });
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  const address = api.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    const child = bng(...server(["--first=5", "--for=1", `--register=http://127.0.0.1:${port}`, "--key=k"]));
    await child.exited;
    expect(asked).toMatchObject([{ url: "/v1/nas/bng1", key: "Bearer k" }]);
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
  }
});

test.each([
  ["--vendor=nobody", /--vendor is one of generic/],
  ["--lose=101", /--lose "101" is not a number from 0 to 100/],
  ["--key=k", /--register URL and --key KEY go together/],
  ["--nonsense", /Unknown option '--nonsense'/],
  ["stray", /"stray" is one argument too many/],
])("%s is wrong usage", async (argument, said) => {
  const child = bng(argument);
  expect(await child.exited).toBe(2);
  expect(child.said()).toMatch(said);
});
