import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { buildObservation } from "./build-observation.ts";
import { type Category, severityOf } from "./category.ts";
import { fault, type Observation, type Reading } from "./observation.ts";
import type { JsonObject } from "./read-native.ts";
import { readTime, type TimeRules } from "./read-time.ts";
import { xarfCore, xarfTypes } from "./xarf-v4-schema.ts";

/** What XARF's categories and types mean here. Hearsay (reputation/*), copyright and content at a URL are not ours. */
const meanings: Readonly<Record<string, Category>> = {
  "connection/infected_host": "botnet",
  "infrastructure/botnet": "botnet",
  "infrastructure/compromised_server": "botnet",
  "connection/login_attack": "brute-force",
  "connection/port_scan": "scanning",
  "connection/vulnerability_scan": "scanning",
  "connection/reconnaissance": "scanning",
  "connection/sql_injection": "scanning",
  "connection/ddos": "ddos",
  "messaging/spam": "spam",
  "content/phishing": "phishing",
  "vulnerability/open_service": "vulnerable-service",
  "vulnerability/misconfiguration": "vulnerable-service",
  "vulnerability/cve": "vulnerable-service",
};

const PAYLOAD_CHARACTERS = 16 * 1024;
const PAYLOADS_CHARACTERS = 128 * 1024;
const DAY_MS = 24 * 60 * 60_000;

/** Keys that the observation or its report carry already. `_internal` must never have been sent. */
const notEvidence = new Set([
  "_internal",
  "timestamp",
  "source_identifier",
  "source_port",
  "protocol",
  "destination_ip",
  "destination_port",
  "description",
]);

export type ReadXarf = (report: JsonObject, row: number, rules: TimeRules) => Reading<Observation>;

const complaint = (errors: ErrorObject[] | null | undefined): string => {
  const [error] = errors ?? [];
  return error ? `${error.instancePath || "the report"} ${error.message}`.slice(0, 200) : "breaks the schema";
};

/** A reflector is no attacker: it answers whoever asks, which is what has to be mended. */
const isReflector = (report: JsonObject): boolean =>
  typeof report["amplification_factor"] === "number" || /amplif|reflect/i.test(String(report["attack_vector"] ?? ""));

function meaningOf(report: JsonObject): Reading<Category> {
  const kind = `${report["category"]}/${report["type"]}`;
  const category = meanings[kind];
  if (category === undefined) return fault("category-not-mapped", `${kind.slice(0, 80)} is not acted on here`);
  // The schema's bot types are mostly crawlers that say who they are.
  if (kind === "connection/infected_host" && report["bot_type"] !== "malicious")
    return fault("not-malicious", `bot_type is ${report["bot_type"]}`);
  return { ok: true, value: category === "ddos" && isReflector(report) ? "vulnerable-service" : category };
}

/**
 * When it happened. The schema says that `timestamp` is the time of the incident, but reporters also put there when they
 * wrote the report. Where the machine was last seen within the day before, the address must have had one holder all
 * the way, since it is not known which of the two is meant.
 */
function spanOf(report: JsonObject, rules: TimeRules): { at: unknown; until?: unknown } {
  const timestamp = readTime(report["timestamp"], rules);
  const lastSeen = readTime(report["last_seen"], rules);
  if (!timestamp.ok || !lastSeen.ok) return { at: report["timestamp"] };
  const aheadMs = timestamp.value.getTime() - lastSeen.value.getTime();
  if (aheadMs <= 0 || aheadMs > DAY_MS) return { at: report["timestamp"] };
  return { at: report["last_seen"], until: report["timestamp"] };
}

/** Payloads are up to 5 MB each: the small ones are kept, of the others their hash, kind and length. */
function keptEvidence(items: unknown): unknown {
  if (!Array.isArray(items)) return items;
  let budget = PAYLOADS_CHARACTERS;
  return items.map((item: { readonly payload: string }) => {
    const { payload, ...rest } = item;
    if (payload.length > PAYLOAD_CHARACTERS || payload.length > budget)
      return { ...rest, payload_left_out: payload.length };
    budget -= payload.length;
    return item;
  });
}

function evidenceOf(report: JsonObject): object {
  const entries = Object.entries(report).filter(([key]) => !notEvidence.has(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, key === "evidence" ? keptEvidence(value) : value]));
}

/** Compiles the schemas once; the reader is then a pure function of one report. */
export function createXarfReader(): ReadXarf {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: false });
  ajvFormats.default(ajv);
  const isCore = ajv.compile(xarfCore);
  const ofType = new Map<string, ValidateFunction>(
    Object.entries(xarfTypes).map(([kind, schema]) => [kind, ajv.compile({ type: "object", ...schema })]),
  );
  return (report, row, rules) => {
    if (!isCore(report)) return fault("invalid-xarf", complaint(isCore.errors));
    const category = meaningOf(report);
    if (!category.ok) return category;
    const isOfType = ofType.get(`${report["category"]}/${report["type"]}`);
    if (isOfType && !isOfType(report)) return fault("invalid-xarf", complaint(isOfType.errors));
    const severity = String(report["severity"] ?? report["risk_level"] ?? "");
    return buildObservation(
      {
        row,
        ip: report["source_identifier"],
        port: report["source_port"],
        protocol: report["protocol"],
        ...spanOf(report, rules),
        category: category.value,
        severity: severityOf(severity),
        name: report["malware_family"] ?? report["cve_id"] ?? report["service"] ?? report["type"],
        description: report["description"],
        destination: { ip: report["destination_ip"], port: report["destination_port"] },
        confidence: report["confidence"],
        evidence: evidenceOf(report),
      },
      rules,
    );
  };
}
