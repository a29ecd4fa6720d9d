import { buildObservation } from "./build-observation.ts";
import { type Category, categories, categoryOf, type Severity, severities, severityOf } from "./category.ts";
import { misspellingsOf } from "./misspelt-name.ts";
import { fault, type Observation, type Reading, type RowFault } from "./observation.ts";
import type { TimeRules } from "./read-time.ts";

/** Fields of an entry and the other names under which they are taken, the first one wins. */
const fieldNames = {
  ip: ["ip", "sourceIp", "srcIp", "source_ip", "src_ip", "address"],
  port: ["port", "sourcePort", "srcPort", "source_port", "src_port"],
  protocol: ["protocol", "proto"],
  at: ["at", "time", "timestamp", "observedAt", "observed_at"],
  until: ["until", "observedUntil"],
  category: ["category", "type"],
  severity: ["severity"],
  name: ["name"],
  description: ["description"],
  confidence: ["confidence"],
  destinationIp: ["destinationIp", "dstIp", "destination_ip", "dst_ip"],
  destinationPort: ["destinationPort", "dstPort", "destination_port", "dst_port"],
  evidence: ["evidence"],
} as const;
type Field = keyof typeof fieldNames;

const isField = new Set<string>(Object.values(fieldNames).flat());

export type JsonObject = { readonly [key: string]: unknown };

function take(entry: JsonObject, field: Field): unknown {
  const name = fieldNames[field].find((candidate) => Object.hasOwn(entry, candidate));
  return name === undefined ? undefined : entry[name];
}

/** Whether an object can be meant as an entry of an observation list. */
export const isNative = (value: JsonObject): boolean => take(value, "ip") !== undefined;

function readCategory(value: unknown): Reading<Category> {
  if (value === undefined || value === null || value === "") return fault("missing-field", "the category is missing");
  const category = typeof value === "string" ? categoryOf(value) : undefined;
  if (category === undefined) return fault("unknown-category", `the category is one of ${categories.join(", ")}`);
  return { ok: true, value: category };
}

function readSeverity(value: unknown): Reading<Severity | undefined> {
  if (value === undefined || value === null || value === "") return { ok: true, value: undefined };
  const severity = typeof value === "string" ? severityOf(value) : undefined;
  if (severity === undefined) return fault("invalid-field", `the severity is one of ${severities.join(", ")}`);
  return { ok: true, value: severity };
}

/** Without them it is another claim: about whoever is behind a NAT, a shorter time, or surer than its reporter is. */
const weightyFields = ["port", "protocol", "until", "severity", "confidence"] as const satisfies readonly Field[];

/** Words by themselves, though a slip away from one of those. */
const otherWords = new Set(["dport", "ports", "post", "part", "sort"]);

const findMisspelt = misspellingsOf([...isField]);

/** A misspelt `port` would be kept as evidence, and the wrong customer found without it. */
function misspelt(entry: JsonObject): RowFault | undefined {
  const names = Object.keys(entry).filter((name) => !isField.has(name) && !otherWords.has(name));
  if (names.length === 0) return undefined;
  const lacking = weightyFields.filter((field) => take(entry, field) === undefined);
  const found = findMisspelt(
    names,
    lacking.flatMap((field) => [...fieldNames[field]]),
  );
  if (!found) return undefined;
  const name = JSON.stringify(found.name.slice(0, 80));
  return fault("misspelt-field", `${name} is no field, but like ${found.meant}: write that, or put it into evidence`);
}

/** What the reporter calls evidence, and whatever else they sent: it may help whoever looks into the case. */
function evidenceOf(entry: JsonObject): object {
  const rest = Object.entries(entry).filter(([key, value]) => !isField.has(key) && value !== undefined);
  const own = take(entry, "evidence");
  if (typeof own === "object" && own !== null && !Array.isArray(own)) return { ...own, ...Object.fromEntries(rest) };
  return Object.fromEntries(own === undefined || own === null ? rest : [...rest, ["evidence", own]]);
}

/** One entry of Weir's own observation list. */
export function readNative(entry: JsonObject, row: number, rules: TimeRules): Reading<Observation> {
  const slip = misspelt(entry);
  if (slip) return slip;
  const category = readCategory(take(entry, "category"));
  if (!category.ok) return category;
  const severity = readSeverity(take(entry, "severity"));
  if (!severity.ok) return severity;
  return buildObservation(
    {
      row,
      ip: take(entry, "ip"),
      port: take(entry, "port"),
      protocol: take(entry, "protocol"),
      at: take(entry, "at"),
      until: take(entry, "until"),
      category: category.value,
      severity: severity.value,
      name: take(entry, "name"),
      description: take(entry, "description"),
      destination: { ip: take(entry, "destinationIp"), port: take(entry, "destinationPort") },
      confidence: take(entry, "confidence"),
      evidence: evidenceOf(entry),
    },
    rules,
  );
}
