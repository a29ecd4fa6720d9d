import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { passwordOf, usernameOf } from "../../../src/simulator/subscriber-names.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { bng } from "./bng-process.ts";
import { until } from "./until.ts";

const ADMIN_KEY = "admin-key-of-this-test-0123456789abcdef";
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

const server = (more: readonly string[]) => [
  ...[`--auth-port=${weir.authPort}`, `--acct-port=${weir.acctPort}`, "--secret=s3", `--coa-port=${coaPort}`],
  ...more,
];

const TIME = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
/** A line of its output: time, event, who, and what there is to say. */
const line = (event: string, who: string, what: string) =>
  new RegExp(`${TIME} ${event} +${who.replaceAll(".", String.raw`\.`)} +${what}`, "m");

test("it logs its subscribers in, shows what is in force, and does what is typed until quit", async () => {
  const [five, six] = [usernameOf(5), usernameOf(6)];
  const child = bng(server(["--sessions=2", "--first=5", "--events=all"]));
  const says = (what: RegExp) => until(() => what.test(child.said()));
  try {
    await says(line("notice", "-", String.raw`generic BNG with 2 subscribers, CoA on 127\.0\.0\.1:${coaPort}$`));
    await says(line("on", "-", String.raw`answered after [\d.]+ ms$`));
    await says(line("login", six, String.raw`accepted after [\d.]+ ms, session S0000000006$`));
    await says(line("start", six, String.raw`answered after [\d.]+ ms, session S0000000006$`));
    await weir.call("PUT", "/v1/subscribers/c6/measures/throttle?waitMs=5000", {
      reason: "test",
      params: { downKbps: 1000, upKbps: 256 },
    });
    await says(
      line("coa", six, 'acknowledged, now down 1000 kbit/s, up 256 kbit/s; asked: Acct-Session-Id = "S0000000006", .*'),
    );
    child.type("show 6");
    await says(line("line", six, String.raw`up, session S0000000006, 100\.64\.0\.6, down 1000 kbit/s, up 256`));
    child.type("interim 6");
    await says(line("interim", six, String.raw`answered after [\d.]+ ms, session S0000000006$`));
    child.type(`logout ${five}`);
    await says(line("stop", five, String.raw`answered after [\d.]+ ms, session S0000000005$`));
    await says(line("line", five, "down$"));
    child.type("interim 5");
    await says(line("notice", "-", "the Interim was not answered, or there is no session$"));
    child.type("counts");
    await says(line("counts", "-", "CoA port: received 1, acknowledged 1, refused 0"));
    child.type("nonsense");
    await says(line("notice", "-", '"nonsense" is no command; type help$'));
    child.type("help");
    await says(/^what can be typed while it runs/m);
    child.type("quit");
    expect(await child.exited).toBe(0);
    const lines = child.said().slice(0, child.said().indexOf("what can be typed")).trimEnd().split("\n");
    expect(lines.filter((one) => !line("[a-z]+", String.raw`\S+`, String.raw`\S`).test(one))).toEqual([]);
  } finally {
    await child.stop();
  }
});

test("with --json standard output is JSON alone, also where something is typed", async () => {
  const child = bng(server(["--sessions=1", "--first=5", "--events=all", "--json"]));
  try {
    child.type("list");
    child.type("help");
    await until(() => /what can be typed/.test(child.said()) && /"status":"start"/.test(child.said()));
    child.type("quit");
    expect(await child.exited).toBe(0);
    for (const one of child.out().trimEnd().split("\n")) expect(JSON.parse(one)).toHaveProperty("kind");
  } finally {
    await child.stop();
  }
});

test("where no server answers it says so, and ends at once on Ctrl-C or a closed output", async () => {
  const nobody = await freePort();
  const silent = [`--auth-port=${nobody}`, `--acct-port=${nobody}`, `--coa-port=${await freePort()}`];
  const child = bng(silent);
  try {
    await until(() => child.said().includes(`no answer from 127.0.0.1:${nobody} and :${nobody}: is it up`), 10_000);
    child.signal("SIGINT");
    child.signal("SIGINT");
    expect(await child.exited).toBe(0);
    expect(child.said()).toMatch(line("off", "-", "unanswered"));
  } finally {
    await child.stop();
  }
  const closed = bng(server(["--sessions=1", "--first=5", "--events=all"]));
  try {
    closed.closeOutput();
    expect(await closed.exited).toBe(0);
  } finally {
    await closed.stop();
  }
});

test("with --for it ends by itself: 0 where every subscriber had a session, 1 where not", async () => {
  const well = bng(server(["--sessions=2", "--first=5", "--for=1"]));
  expect(await well.exited, well.said()).toBe(0);
  expect(well.said()).toContain("all 2 subscribers are online");
  expect(well.said()).not.toContain("logins are rejected");
  const refused = bng(server(["--sessions=2", "--first=5", "--for=1", "--password-of=5=wrong", "--json"]));
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
    const child = bng(options, environment);
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
