import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { edges, layers, top } from "./layers.ts";

const source = resolve(import.meta.dirname, "../../src");

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : path.endsWith(".ts") ? [path] : [];
  });

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly specifier: string;
  /** The folder of src/ that it reaches; "" for a file directly in src/; undefined for a package. */
  readonly target: string | undefined;
  readonly isTypeOnly: boolean;
}

const folderOf = (path: string): string => {
  const inside = relative(source, path);
  return inside.includes("/") ? (inside.split("/")[0] ?? "") : "";
};

const importPattern = /^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|import\(\s*"([^"]+)"/gm;

function importsOf(file: string): Import[] {
  return [...readFileSync(file, "utf8").matchAll(importPattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? "";
    const target = specifier.startsWith(".") ? folderOf(resolve(dirname(file), specifier)) : undefined;
    return {
      file: relative(source, file),
      folder: folderOf(file),
      specifier,
      target,
      isTypeOnly: match[1] !== undefined,
    };
  });
}

const imports = filesBelow(source).flatMap(importsOf);
const say = (found: readonly Import[]) => found.map(({ file, specifier }) => `${file} imports ${specifier}`);
const isEdge = (folder: string) => (edges as readonly string[]).includes(folder);
const rank = (folder: string) => (layers as readonly string[]).indexOf(folder);

test("every folder of src/ has its place in the order", () => {
  const placed = new Set<string>([...layers, ...edges, ...top]);
  const folders = readdirSync(source).filter((name) => statSync(join(source, name)).isDirectory());
  expect(folders.filter((folder) => !placed.has(folder))).toEqual([]);
});

test("imports point up the list of folders, never down", () => {
  const wrong = imports.filter(({ folder, target }) => {
    if (target === undefined || target === folder || folder === "" || folder === "commands") return false;
    if (isEdge(folder)) return isEdge(target) || rank(target) === -1;
    return rank(target) === -1 || rank(target) > rank(folder);
  });
  expect(say(wrong)).toEqual([]);
});

test("the simulated BNG knows nothing of Weir but the wire", () => {
  const own = ["simulator", "radius", "dictionary"];
  const wrong = imports.filter(
    ({ folder, target }) => folder === "simulator" && target !== undefined && !own.includes(target),
  );
  expect(say(wrong)).toEqual([]);
});

test("only stores, jobs and the composition root use the database", () => {
  const wrong = imports.filter(
    ({ file, folder, target, isTypeOnly }) =>
      target === "database" &&
      !isTypeOnly &&
      !["database", "", "jobs", "commands"].includes(folder) &&
      !file.endsWith("-store.ts"),
  );
  expect(say(wrong)).toEqual([]);
});

const onlyIn = (specifiers: readonly RegExp[], allowed: (file: string) => boolean) =>
  say(
    imports.filter(
      ({ specifier, file, isTypeOnly }) =>
        !isTypeOnly && specifiers.some((one) => one.test(specifier)) && !allowed(file),
    ),
  );

test("datagram sockets are opened only at the edges of the wire", () => {
  const allowed = (file: string) =>
    /^(listener|coa|simulator)\/|^authorization\/upstream|^commands\/radclient/.test(file);
  expect(onlyIn([/^node:dgram$/], allowed)).toEqual([]);
});

test("fastify is known only to the HTTP edges", () => {
  expect(onlyIn([/^fastify$/, /^@fastify\//], (file) => file.startsWith("api/"))).toEqual([]);
});

test("the environment is read only by config/", () => {
  const readers = filesBelow(source)
    .filter((file) => /process\.env\b/.test(readFileSync(file, "utf8")))
    .map((file) => relative(source, file))
    .filter((file) => !file.startsWith("config/"));
  expect(readers).toEqual([]);
});

test("only main.ts ends the process", () => {
  const enders = filesBelow(source)
    .filter((file) => /process\.exit\(/.test(readFileSync(file, "utf8")))
    .map((file) => relative(source, file));
  expect(enders.filter((file) => file !== "main.ts")).toEqual([]);
});

test("nothing inside reads the real clock: it is passed in", () => {
  const edgesOfTime = /^(database|listener|simulator|commands|jobs)\/|-store\.ts$|^[a-z-]+\.ts$/;
  const readers = filesBelow(source)
    .map((file) => ({ name: relative(source, file), text: readFileSync(file, "utf8") }))
    .filter(
      ({ name, text }) =>
        !edgesOfTime.test(name) && /\bDate\.now\(\)|\bnew Date\(\)/.test(text.replace(/\/\/.*$/gm, "")),
    )
    .map(({ name }) => name);
  expect(readers).toEqual([]);
});
