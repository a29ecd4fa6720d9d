import { IntakeError } from "./intake-error.ts";
import { jsonRecord } from "./json-record.ts";
import {
  afterBlank,
  afterString,
  brokenJson,
  type JsonExtent,
  jsonElements,
  jsonExtent,
  parseJson,
} from "./json-text.ts";
import type { Reading } from "./observation.ts";
import { MAX_RECORD_DEPTH, MAX_RECORD_VALUES } from "./report-limits.ts";

/** A list of records; or one value, in which the lists that may be records are empty, and beside it those lists. */
export type JsonDocument =
  | { readonly kind: "list"; readonly records: Iterable<Reading<unknown>> }
  | {
      readonly kind: "value";
      readonly value: unknown;
      readonly lists: ReadonlyMap<string, Iterable<Reading<unknown>>>;
      /** The value with its lists. */
      readonly whole: () => unknown;
    };

const tooMuch = () =>
  new IntakeError("unknown-shape", `no report has ${MAX_RECORD_VALUES} values outside of its list of records`);

function parsed(text: string): unknown {
  const { values, depth } = jsonExtent(text, afterBlank(text, 0));
  if (values > MAX_RECORD_VALUES || depth > MAX_RECORD_DEPTH) throw tooMuch();
  return parseJson(text);
}

/** Broken JSON in a record breaks the document; so does whatever comes after a document that is a list. */
function* records(text: string, open: number, isWhole: boolean): Generator<Reading<unknown>> {
  const elements = jsonElements(text, open);
  for (;;) {
    const next = elements.next();
    if (next.done) {
      if (isWhole && afterBlank(text, next.value) < text.length) throw brokenJson();
      return;
    }
    yield jsonRecord(text, next.value);
  }
}

interface Member {
  readonly key: string;
  readonly value: JsonExtent;
}

function* membersOf(text: string, open: number): Generator<Member> {
  for (let at = afterBlank(text, open + 1); text[at] === '"'; ) {
    const keyEnd = afterString(text, at);
    const colon = afterBlank(text, keyEnd);
    if (text[colon] !== ":") throw brokenJson();
    const value = jsonExtent(text, afterBlank(text, colon + 1));
    yield { key: String(parseJson(text.slice(at, keyEnd))), value };
    const comma = afterBlank(text, value.end);
    if (text[comma] !== ",") return;
    at = afterBlank(text, comma + 1);
  }
}

/** What is left of an object without its lists says whether the rest is JSON. */
function objectAt(text: string, open: number, listNames: ReadonlySet<string>): JsonDocument {
  const lists = new Map<string, Iterable<Reading<unknown>>>();
  const named = new Set<string>();
  const rest: string[] = [];
  let kept = 0;
  for (const { key, value } of membersOf(text, open)) {
    if (!listNames.has(key)) continue;
    if (named.has(key)) throw new IntakeError("malformed-json", `${key} is there twice`);
    named.add(key);
    if (text[value.from] !== "[") continue;
    lists.set(key, records(text, value.from, false));
    rest.push(text.slice(kept, value.from), "[]");
    kept = value.end;
  }
  return { kind: "value", value: parsed(rest.join("") + text.slice(kept)), lists, whole: () => parsed(text) };
}

/**
 * A JSON document whose records are parsed one by one, as they are asked for: millions of small values, parsed at once,
 * would take seconds and gigabytes before anything could be counted. Throws what says that it is not JSON.
 */
export function jsonDocument(text: string, listNames: ReadonlySet<string>): JsonDocument {
  const from = afterBlank(text, 0);
  if (text[from] === "[") return { kind: "list", records: records(text, from, true) };
  if (text[from] === "{") return objectAt(text, from, listNames);
  return { kind: "value", value: parsed(text), lists: new Map(), whole: () => parsed(text) };
}
