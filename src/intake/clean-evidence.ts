import { fault, type Json, type Reading } from "./observation.ts";
import { MAX_EVIDENCE_CHARACTERS, MAX_EVIDENCE_DEPTH, MAX_EVIDENCE_TEXT } from "./report-limits.ts";

/** Stolen or guessed credentials are nobody's business here, whoever sends them. */
const secretKey = /^(?:user_?)?(?:password|passwd|passwort|pwd|passphrase|secret)s?$/i;

/** Text as PostgreSQL can hold it: no NUL, no half of a surrogate pair. Longer than `limit`: cut, and says so. */
export function cleanText(text: string, limit: number): string {
  const clean = text.replaceAll("\0", "\uFFFD").toWellFormed();
  return clean.length <= limit ? clean : `${clean.slice(0, limit).toWellFormed()}… (cut: ${clean.length} characters)`;
}

/** Undefined: nested too deep. */
function cleanValue(value: unknown, depth: number): Json | undefined {
  if (typeof value === "string") return cleanText(value, MAX_EVIDENCE_TEXT);
  if (typeof value === "boolean" || value === null || value === undefined) return value ?? null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (depth >= MAX_EVIDENCE_DEPTH) return undefined;
  if (!Array.isArray(value)) return cleanObject(value, depth);
  const items: Json[] = [];
  for (const item of value) {
    const clean = cleanValue(item, depth + 1);
    if (clean === undefined) return undefined;
    items.push(clean);
  }
  return items;
}

function cleanObject(value: unknown, depth: number): { readonly [key: string]: Json } | undefined {
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value ?? {})) {
    if (item === undefined || secretKey.test(key)) continue;
    const clean = cleanValue(item, depth + 1);
    if (clean === undefined) return undefined;
    entries.push([cleanText(key, 200), clean]);
  }
  return Object.fromEntries(entries);
}

/** What a reporter sent along, made fit to be kept: bounded, storable, without passwords. */
export function cleanEvidence(evidence: object): Reading<{ readonly [key: string]: Json }> {
  const value = cleanObject(evidence, 0);
  if (!value) return fault("evidence-too-deep", `evidence may be nested ${MAX_EVIDENCE_DEPTH} levels deep`);
  if (JSON.stringify(value).length > MAX_EVIDENCE_CHARACTERS)
    return fault("evidence-too-large", `evidence of one row may take ${MAX_EVIDENCE_CHARACTERS} characters`);
  return { ok: true, value };
}
