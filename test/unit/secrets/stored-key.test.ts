import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { storedKey } from "../../../src/secrets/stored-key.ts";

const made: string[] = [];
afterAll(() => {
  for (const one of made) rmSync(one, { recursive: true });
});

const folder = () => {
  const one = mkdtempSync(join(tmpdir(), "weir-key-"));
  made.push(one);
  return one;
};

test("a key is made once, for its owner only, and nothing else is left in the folder", async () => {
  const path = join(folder(), "data", "secret-key");
  const made = await storedKey(path);
  expect(made.isNew).toBe(true);
  expect(Buffer.from(made.text, "base64url")).toHaveLength(32);
  expect(await storedKey(path)).toEqual({ text: made.text, isNew: false });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(path, ".."))).toEqual(["secret-key"]);
});

test("of many who make it at once, all get the same, and one made it", async () => {
  const path = join(folder(), "secret-key");
  const all = await Promise.all(Array.from({ length: 20 }, () => storedKey(path)));
  expect(new Set(all.map(({ text }) => text)).size).toBe(1);
  expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(readFileSync(path, "utf8").trim()).toBe(all[0]?.text);
});

test.each(["", "\n", "short"])("a file that holds %j is no key: it is refused and left as it is", async (text) => {
  const path = join(folder(), "secret-key");
  writeFileSync(path, text);
  await expect(storedKey(path)).rejects.toMatchObject({ code: "key-too-short" });
  await expect(storedKey(path)).rejects.toThrow(path);
  expect(readFileSync(path, "utf8")).toBe(text);
});
