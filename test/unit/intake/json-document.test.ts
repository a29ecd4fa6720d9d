import fc from "fast-check";
import { expect, test } from "vitest";
import { IntakeError } from "../../../src/intake/intake-error.ts";
import { jsonDocument } from "../../../src/intake/json-document.ts";
import type { Reading } from "../../../src/intake/observation.ts";

const all = (records: Iterable<Reading<unknown>>) =>
  [...records].map((record) => (record.ok ? record.value : record.code));

/** The document put together again from its parts; undefined: it is not JSON. */
function read(text: string): { readonly value: unknown } | undefined {
  try {
    const document = jsonDocument(text, new Set(["observations", "reports"]));
    if (document.kind === "list") return { value: all(document.records) };
    if (document.lists.size === 0) return { value: document.value };
    const lists = [...document.lists].map(([name, records]) => [name, all(records)] as const);
    return { value: { ...(document.value as object), ...Object.fromEntries(lists) } };
  } catch (error) {
    if (error instanceof IntakeError && error.code === "malformed-json") return undefined;
    throw error;
  }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const json = fc.oneof(fc.json(), fc.json({ stringUnit: "binary" }));
const list = fc.array(json).map((parts) => `[${parts.join(" ,\n")}]`);
const holder = fc
  .uniqueArray(fc.tuple(fc.oneof(fc.constantFrom("observations", "reports"), fc.string()), fc.oneof(json, list)), {
    selector: ([key]) => key,
  })
  .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}\t: ${value}`).join(",")}}`);
const document = fc.oneof(json, list, holder).map((text) => ` ${text}\r\n`);

test("a document read record by record is what JSON.parse makes of it", () => {
  fc.assert(
    fc.property(document, (text) => {
      expect(read(text)).toEqual(parsed(text));
    }),
    { numRuns: 1_000 },
  );
});

test("what JSON.parse does not take is not taken record by record either", () => {
  const inserted = fc.constantFrom("", ",", "[", "]", "{", "}", '"', "\\", ":", "1", "null", " ", "\u00a0");
  fc.assert(
    fc.property(document, fc.nat(), fc.nat(2), inserted, (text, place, removed, piece) => {
      const at = place % text.length;
      const broken = text.slice(0, at) + piece + text.slice(at + removed);
      expect(read(broken) === undefined).toBe(parsed(broken) === undefined);
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  '["a\\"]',
  '["a\\\\"]',
  '["\\\\\\""]',
  '["]","[",{"}":"{"}]',
  "[1 2]",
  "[,]",
  "[1,]",
  "[}",
  "[1]2",
  "",
  "{",
])("%s", (text) => {
  expect(read(text)).toEqual(parsed(text));
});

test("records that are too deep or hold too much are named, and their neighbours are kept", () => {
  const deep = `${"[".repeat(70)}${"]".repeat(70)}`;
  const large = `[${"{},".repeat(60_000)}{}]`;
  expect(read(`[1,${deep},2,${large},3]`)).toEqual({ value: [1, "evidence-too-deep", 2, "evidence-too-large", 3] });
});

test("an object with two lists of records under one name is not taken", () => {
  expect(() => jsonDocument('{"reports":[1],"reports":[2]}', new Set(["reports"]))).toThrow("reports is there twice");
});

test("what is outside of the list of records is bounded as well", () => {
  const outside = `{"more":[${"{},".repeat(60_000)}{}],"observations":[]}`;
  expect(() => jsonDocument(outside, new Set(["observations"]))).toThrow(/outside of its list/);
});
