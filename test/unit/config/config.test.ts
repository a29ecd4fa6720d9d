import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { readConfig } from "../../../src/config/read-config.ts";

const made: string[] = [];
afterAll(() => {
  for (const one of made) rmSync(one, { recursive: true });
});

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "weir-config-"));
  made.push(folder);
  return join(folder, "weir.yaml");
}

const parse = (environment: Record<string, string>, file?: Record<string, unknown>) =>
  parseConfig(file ? { environment, file } : { environment });

const configOf = (environment: Record<string, string>, file?: Record<string, unknown>) => {
  const parsed = parse(environment, file);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  return parsed.config;
};

test("without any setting the documented defaults hold", () => {
  expect(configOf({})).toMatchObject({
    hosts: ["127.0.0.1"],
    httpPort: 8080,
    portalPort: 8081,
    authPort: 1812,
    acctPort: 1813,
    autoSubscribers: true,
    workers: 1,
    logLevel: "info",
    warnings: [],
  });
});

test("every problem is reported at once, each naming its variable", () => {
  const parsed = parse({
    WEIR_HTTP_PORT: "http",
    WEIR_AUTH_PORT: "70000",
    WEIR_HOST: "localhost",
    WEIR_AUTO_SUBSCRIBERS: "maybe",
    WEIR_UPSTREAM_AUTH: "127.0.0.1:1812",
    WEIR_LOG_LEVEL: "loud",
    DATABASE_URL: "mysql://somewhere",
    WEIR_SECRET_KEY: "short",
    WEIR_TRUSTED_PROXIES: "10.0.0.0/33",
  });
  expect(parsed.ok).toBe(false);
  const named = parsed.ok ? [] : parsed.problems.map((problem) => problem.split(":")[0]);
  expect(named).toEqual([
    "DATABASE_URL",
    "WEIR_UPSTREAM_SECRET",
    "WEIR_SECRET_KEY",
    "WEIR_HOST",
    "WEIR_TRUSTED_PROXIES",
    "WEIR_HTTP_PORT",
    "WEIR_AUTH_PORT",
    "WEIR_AUTO_SUBSCRIBERS",
    "WEIR_LOG_LEVEL",
  ]);
});

test("an empty variable counts as not set", () => {
  expect(configOf({ WEIR_HTTP_PORT: "", DATABASE_URL: "" })).toMatchObject({ httpPort: 8080 });
});

test("upstream servers are names, IPv4 and IPv6 addresses, each with its port", () => {
  const config = configOf({
    WEIR_UPSTREAM_AUTH: "aaa.example:1645, [2001:db8::1]:1812,192.0.2.1:1812",
    WEIR_UPSTREAM_ACCT: "[2001:db8::1]:1813",
    WEIR_UPSTREAM_SECRET: "s",
  });
  expect(config.upstream).toEqual({
    auth: [
      { host: "aaa.example", port: 1645 },
      { host: "2001:db8::1", port: 1812 },
      { host: "192.0.2.1", port: 1812 },
    ],
    acct: [{ host: "2001:db8::1", port: 1813 }],
    secret: "s",
    messageAuthenticator: "auto",
  });
});

test.each([
  ["192.0.2.1", "write 192.0.2.1:1812"],
  ["aaa.example:1812, aaa2.example", "write aaa2.example:1812"],
  ["2001:db8::1", "write [2001:db8::1]:1812"],
  ["[2001:db8::1]", "write [2001:db8::1]:1812"],
  ["aaa.example:", '"aaa.example:" is not host:port'],
  ["aaa.example:0", '"aaa.example:0" is not host:port'],
  ["aaa.example:99999", '"aaa.example:99999" is not host:port'],
])("an upstream server %s is refused with what to write, and its secret is missed all the same", (servers, told) => {
  const parsed = parse({ WEIR_UPSTREAM_AUTH: servers });
  const problems = parsed.ok ? [] : parsed.problems;
  expect(problems[0]).toMatch(/^WEIR_UPSTREAM_AUTH: /);
  expect(problems[0]).toContain(told);
  expect(problems[1]).toMatch(/^WEIR_UPSTREAM_SECRET: needed/);
});

test("the provider's own addresses are addresses and networks, and nothing else", () => {
  const own = ["203.0.113.53", "198.51.100.0/28", "2001:db8:53::/48"];
  expect(configOf({ WEIR_OWN_ADDRESSES: own.join(", ") }).ownAddresses).toEqual(own);
  expect(configOf({}, { ownAddresses: own }).ownAddresses).toEqual(own);
  expect(configOf({}).ownAddresses).toEqual([]);
  expect(parse({ WEIR_OWN_ADDRESSES: "resolver.example" })).toEqual({
    ok: false,
    problems: ['WEIR_OWN_ADDRESSES: "resolver.example" is not an IP address or network'],
  });
});

test("the file uses lower camel case, and the environment wins over it", () => {
  const config = configOf(
    { WEIR_HTTP_PORT: "9000" },
    { httpPort: 7000, host: ["127.0.0.1", "::1"], autoSubscribers: false },
  );
  expect(config).toMatchObject({ httpPort: 9000, hosts: ["127.0.0.1", "::1"], autoSubscribers: false });
});

test("a setting that nobody knows in the file is a problem", () => {
  const parsed = parse({}, { htpPort: 1 });
  expect(parsed).toEqual({
    ok: false,
    problems: ["htpPort: no such setting (in the file named by WEIR_CONFIG); is httpPort meant?"],
  });
});

test("a file that cannot be read is one problem beside the others", () => {
  const parsed = readConfig({ WEIR_CONFIG: "/nowhere/weir.yaml", WEIR_WORKERS: "0" });
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.split(":")[0])).toEqual([
    "WEIR_CONFIG",
    "WEIR_WORKERS",
  ]);
});

test("a file that is not there, or a folder, is told in words", () => {
  const problemOf = (path: string) => {
    const parsed = readConfig({ WEIR_CONFIG: path });
    return parsed.ok ? "" : parsed.problems[0];
  };
  expect(problemOf("/nowhere/weir.yaml")).toBe("WEIR_CONFIG: /nowhere/weir.yaml: there is no such file");
  expect(problemOf(tmpdir())).toBe(`WEIR_CONFIG: ${tmpdir()}: is a folder, not a file`);
});

test("a YAML file is read", () => {
  const path = newFile();
  writeFileSync(path, "acctPort: 2813\nhost: 127.0.0.1\n");
  const parsed = readConfig({ WEIR_CONFIG: path });
  expect(parsed.ok && parsed.config.acctPort).toBe(2813);
});

test("what has no effect in this version is said, not refused", () => {
  expect(configOf({ WEIR_SMTP_URL: "smtp://localhost:25" }).warnings).toEqual([
    "WEIR_SMTP_URL is set, and has no effect in this version",
  ]);
});

test.each([
  "upstreamSecret: hunter2: x\n",
  "httpPort: 8080\nupstreamSecret: 'hunter2\n",
  "upstreamSecret: *hunter2\n",
  "upstreamSecret: @hunter2\n",
  "? hunter2\n: - :\n  hunter2: hunter2: hunter2\n",
])("a mistake in the file's YAML is told without what stands there: %j", (yaml) => {
  const path = newFile();
  writeFileSync(path, yaml);
  const parsed = readConfig({ WEIR_CONFIG: path });
  expect(parsed.ok).toBe(false);
  const problems = parsed.ok ? "" : parsed.problems.join();
  expect(problems).toContain(path);
  expect(problems).not.toContain("hunter2");
});

test("a mistake in the file's YAML is told with its line", () => {
  const path = newFile();
  writeFileSync(path, "httpPort: 8080\nlogLevel: info\nupstreamSecret: a: b\n");
  const parsed = readConfig({ WEIR_CONFIG: path });
  expect(parsed.ok ? "" : parsed.problems[0]).toMatch(/line 3 is no YAML \([A-Z_]+\)/);
});

test("an administrator's key that no header can carry is refused; a short one is taken with a warning", () => {
  for (const key of ["two words", "schlüssel", " x", "tab\there", "x".repeat(513)])
    expect(parse({ WEIR_ADMIN_KEY: key }).ok, key).toBe(false);
  expect(configOf({ WEIR_ADMIN_KEY: "adm" }).adminKey).toBe("adm");
  expect(configOf({ WEIR_ADMIN_KEY: "x".repeat(15) }).warnings).toEqual([expect.stringMatching(/^WEIR_ADMIN_KEY has/)]);
  expect(configOf({ WEIR_ADMIN_KEY: "x".repeat(16) }).warnings).toEqual([]);
});

test("a variable that looks like one of ours is told with the one that may be meant, and is no error", () => {
  const warningsFor = (name: string) => configOf({ [name]: "1" }).warnings;
  expect(warningsFor("WEIR_HTPP_PORT")).toEqual([
    "WEIR_HTPP_PORT is set, and is no setting of Weir's; is WEIR_HTTP_PORT meant?",
  ]);
  expect(warningsFor("WEIR_ACCT_PROT")).toEqual([expect.stringContaining("is WEIR_ACCT_PORT meant?")]);
  expect(warningsFor("weir_workers")).toEqual([expect.stringContaining("is WEIR_WORKERS meant?")]);
  expect(warningsFor("WEIR_SOMETHING_ELSE")).toEqual(["WEIR_SOMETHING_ELSE is set, and is no setting of Weir's"]);
  expect([...warningsFor("WEIR_CONFIG"), ...warningsFor("WEIRD_PORT"), ...warningsFor("PATH")]).toEqual([]);
});

test("a short key for secrets at rest is taken with a warning", () => {
  expect(configOf({ WEIR_SECRET_KEY: "sixteen letters!" }).warnings).toEqual([expect.stringContaining("32 random")]);
  expect(configOf({ WEIR_SECRET_KEY: "x".repeat(32) }).warnings).toEqual([]);
});

test("upstream answers may be asked to be signed always", () => {
  const upstream = { WEIR_UPSTREAM_AUTH: "127.0.0.1:1812", WEIR_UPSTREAM_SECRET: "s" };
  const ruleOf = (rule: string) =>
    configOf({ ...upstream, WEIR_UPSTREAM_MESSAGE_AUTHENTICATOR: rule }).upstream?.messageAuthenticator;
  expect([ruleOf(""), ruleOf("auto"), ruleOf("require")]).toEqual(["auto", "auto", "require"]);
  expect(parse({ ...upstream, WEIR_UPSTREAM_MESSAGE_AUTHENTICATOR: "off" }).ok).toBe(false);
});
