import { type Category, type Severity, usualSeverity } from "./category.ts";
import { cleanEvidence, cleanText } from "./clean-evidence.ts";
import { type Endpoint, fault, type Observation, type Reading } from "./observation.ts";
import { isBogon, readAddress, readPort } from "./read-address.ts";
import { readTime, type TimeRules } from "./read-time.ts";
import { MAX_DESCRIPTION_CHARACTERS, MAX_NAME_CHARACTERS } from "./report-limits.ts";

/** What a format's reader found in a row, values as they came. */
export interface RawObservation {
  readonly row: number;
  readonly ip: unknown;
  readonly port?: unknown;
  readonly protocol?: unknown;
  readonly at: unknown;
  readonly until?: unknown;
  readonly category: Category;
  readonly severity?: Severity | undefined;
  readonly name?: unknown;
  readonly description?: unknown;
  readonly destination?: { readonly ip?: unknown; readonly port?: unknown };
  readonly confidence?: unknown;
  readonly evidence: object;
  readonly otherEnd?: Endpoint | undefined;
}

const protocolShape = /^[a-z0-9][a-z0-9._+/-]{0,31}$/;

function readProtocol(value: unknown): Reading<string | undefined> {
  if (value === undefined || value === null || value === "") return { ok: true, value: undefined };
  const protocol = typeof value === "string" ? value.trim().toLowerCase() : "";
  if (!protocolShape.test(protocol)) return fault("invalid-field", "the protocol is a word such as tcp");
  return { ok: true, value: protocol };
}

function readSpan(raw: RawObservation, rules: TimeRules): Reading<{ at: Date; until?: Date }> {
  const at = readTime(raw.at, rules);
  if (!at.ok) return at;
  if (raw.until === undefined || raw.until === null || raw.until === "") return { ok: true, value: { at: at.value } };
  const until = readTime(raw.until, rules);
  if (!until.ok) return until;
  if (until.value < at.value) return fault("until-before-at", "the end is before the beginning");
  return { ok: true, value: { at: at.value, until: until.value } };
}

const readText = (value: unknown, limit: number): string | undefined => {
  if (typeof value !== "string" || value.trim() === "") return undefined;
  return cleanText(value.trim(), limit);
};

/** The other side is a hint only: what cannot be read of it is left out. */
function readDestination(raw: RawObservation["destination"]): Observation["destination"] {
  const ip = readAddress(raw?.ip);
  const port = readPort(raw?.port);
  const destination = {
    ...(ip.ok ? { ip: ip.value } : {}),
    ...(port.ok && port.value !== undefined ? { port: port.value } : {}),
  };
  return Object.keys(destination).length > 0 ? destination : undefined;
}

const readConfidence = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value <= 1 ? value : undefined;

/** The one place where a row of any format becomes an observation, or a fault. */
export function buildObservation(raw: RawObservation, rules: TimeRules): Reading<Observation> {
  const ip = readAddress(raw.ip);
  if (!ip.ok) return ip;
  const port = readPort(raw.port);
  if (!port.ok) return port;
  const protocol = readProtocol(raw.protocol);
  if (!protocol.ok) return protocol;
  const span = readSpan(raw, rules);
  if (!span.ok) return span;
  const evidence = cleanEvidence(raw.evidence);
  if (!evidence.ok) return evidence;
  const name = readText(raw.name, MAX_NAME_CHARACTERS);
  const description = readText(raw.description, MAX_DESCRIPTION_CHARACTERS);
  const destination = readDestination(raw.destination);
  const confidence = readConfidence(raw.confidence);
  const value: Observation = {
    row: raw.row,
    ip: ip.value,
    ...(port.value === undefined ? {} : { port: port.value }),
    ...(protocol.value === undefined ? {} : { protocol: protocol.value }),
    ...span.value,
    toldAt: rules.now,
    category: raw.category,
    severity: raw.severity ?? usualSeverity[raw.category],
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(destination === undefined ? {} : { destination }),
    ...(confidence === undefined ? {} : { confidence }),
    evidence: evidence.value,
    isBogon: isBogon(ip.value),
    ...(raw.otherEnd === undefined ? {} : { otherEnd: raw.otherEnd }),
  };
  return { ok: true, value };
}
