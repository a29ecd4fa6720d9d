import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

const markdownBelow = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return markdownBelow(path);
    return path.endsWith(".md") ? [path] : [];
  });

const documents = ["README.md", ...markdownBelow("docs")];
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

test.each(documents)("every file of ours that %s names is there", (document) => {
  const named = [...textOf(document).matchAll(/`((?:src|test|bench|docker|migrations|dictionaries|docs)\/[\w./-]*)`/g)];
  const missing = named.map((match) => match[1] ?? "").filter((path) => !existsSync(join(root, path)));
  expect(missing).toEqual([]);
});

test.each(documents)("every link of %s to another of our files leads somewhere", (document) => {
  const links = [...textOf(document).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(
    (match) => match[1] ?? "",
  );
  const broken = links.filter((link) => !existsSync(resolve(root, dirname(document), link)));
  expect(broken).toEqual([]);
});

test("every folder of src/ has its line in docs/architecture.md", () => {
  const folders = readdirSync(join(root, "src")).filter((name) => statSync(join(root, "src", name)).isDirectory());
  const text = textOf("docs/architecture.md");
  expect(folders.filter((folder) => !text.includes(`\`src/${folder}/\``))).toEqual([]);
});
