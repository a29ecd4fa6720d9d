import { buildObservation } from "./build-observation.ts";
import type { Category, Severity } from "./category.ts";
import { jsonLine } from "./json-record.ts";
import { fault, type Observation, type Reading } from "./observation.ts";
import type { JsonObject } from "./read-native.ts";
import { type OpenReport, readRows } from "./read-rows.ts";
import type { TimeRules } from "./read-time.ts";
import { MAX_LINE_CHARACTERS } from "./report-limits.ts";
import { type AlertWords, alertCategory, isCommandAndControl } from "./suricata-category.ts";
import { floodEvidence, isReflection } from "./suricata-flood.ts";
import { type Offender, offenderOf } from "./suricata-offender.ts";

/** Suricata counts from 1, the gravest. */
const severities: Readonly<Record<number, Severity>> = { 1: "high", 2: "medium", 3: "low", 4: "low" };

/**
 * What is kept of an event. Payloads, bodies and mail are not: they are the customer's private conversation, and the
 * signature has already said what is wrong with it.
 */
const keptKeys = ["flow_id", "in_iface", "app_proto", "direction", "community_id", "vlan"];
const keptParts: Readonly<Record<string, readonly string[]>> = {
  alert: ["action", "gid", "signature_id", "rev", "signature", "category", "severity", "metadata"],
  flow: ["src_ip", "src_port", "dest_ip", "dest_port", "start", "pkts_toserver", "pkts_toclient"],
  http: ["hostname", "http_method", "http_user_agent", "http_port", "status"],
  tls: ["sni", "subject", "issuerdn", "fingerprint", "version", "ja3", "ja4"],
  dns: ["query", "rrname", "rrtype"],
};

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const pick = (from: JsonObject, keys: readonly string[]): object =>
  Object.fromEntries(keys.filter((key) => Object.hasOwn(from, key)).map((key) => [key, from[key]]));

function evidenceOf(event: JsonObject): object {
  const parts = Object.entries(keptParts).map(([name, keys]): [string, object] => {
    const value = event[name];
    return [name, isObject(value) ? pick(value, keys) : {}];
  });
  return { ...pick(event, keptKeys), ...Object.fromEntries(parts.filter(([, part]) => Object.keys(part).length > 0)) };
}

function readEvent(line: string): Reading<JsonObject> {
  if (line.length > MAX_LINE_CHARACTERS) return fault("malformed-row", "the line is too long");
  const event = jsonLine(line);
  if (!event.ok) return event;
  return isObject(event.value)
    ? { ok: true, value: event.value }
    : fault("malformed-row", "the line is not a JSON object");
}

interface Claim {
  readonly category: Category;
  readonly offender: Offender;
  /** The alert's own severity is not this one's: how grave an attack is says nothing of a service that it goes by way of. */
  readonly isByTheWay?: boolean;
}

/** Who did what, by an alert. */
function claimOf(event: JsonObject, words: AlertWords): Reading<Claim> {
  const shown = `"${words.signature.slice(0, 80)}"`;
  const category = alertCategory(words);
  if (!category) return fault("category-not-mapped", `${shown} is no sign of a compromised machine`);
  const isFlood = category === "ddos" || (category === "scanning" && isReflection(words));
  const evidence = isFlood ? floodEvidence(event, words) : undefined;
  if (evidence?.kind === "nobody") return fault("category-not-mapped", `${shown} names no offender: ${evidence.why}`);
  if (evidence?.kind === "reflector") {
    const { reflector, victim } = evidence;
    return {
      ok: true,
      value: { category: "vulnerable-service", offender: { ...reflector, destination: victim }, isByTheWay: true },
    };
  }
  const kind = { isInfection: category === "botnet", isCommandAndControl: isCommandAndControl(words) };
  return { ok: true, value: { category, offender: offenderOf(event, kind) } };
}

function readAlert(line: string, row: number, rules: TimeRules): Reading<Observation> {
  const parsed = readEvent(line);
  if (!parsed.ok) return parsed;
  const event = parsed.value;
  const alert = event["alert"];
  if (event["event_type"] !== "alert" || !isObject(alert))
    return fault("not-an-alert", `event_type is ${JSON.stringify(event["event_type"])?.slice(0, 40)}`);
  const words = {
    signature: String(alert["signature"] ?? ""),
    category: String(alert["category"] ?? ""),
    metadata: alert["metadata"],
  };
  const claim = claimOf(event, words);
  if (!claim.ok) return claim;
  const { category, offender, isByTheWay } = claim.value;
  return buildObservation(
    {
      row,
      ...offender,
      protocol: event["proto"],
      at: event["timestamp"],
      category,
      severity: isByTheWay ? undefined : severities[Number(alert["severity"])],
      name: words.signature,
      evidence: evidenceOf(event),
    },
    rules,
  );
}

function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end === -1 ? text.length : end);
    if (line.trim() !== "") yield line;
    from += line.length + 1;
  }
}

/** Suricata EVE, one event per line; alerts count, other events are named and left out. Empty lines are no records. */
export function openSuricata(text: string, rules: TimeRules): OpenReport {
  const rows = readRows(linesOf(text), (line, row) => readAlert(line, row, rules));
  return { ok: true, format: () => "suricata-eve", rows };
}
