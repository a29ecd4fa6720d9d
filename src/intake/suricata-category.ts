import { type Category, categoryOf } from "./category.ts";

export interface AlertWords {
  readonly signature: string;
  readonly category: string;
  /** `metadata: weir_category spam` in a rule of the ISP's own decides. */
  readonly metadata: unknown;
}

/** Emerging Threats says first in a signature what it is about: these are malware at work. */
const infected = /^ET(?:PRO)? (?:MALWARE|TROJAN|CNC|BOTCC|WORM|MOBILE_MALWARE|COINMINER)\b/;
const controlled = /^ET(?:PRO)? (?:CNC|BOTCC)\b/;
/** Suricata's own classes, whole: what a signature says in passing ("possible C2 string") proves nothing. */
const infectedClass = /^(?:A Network Trojan was detected|Crypto Currency Mining Activity Detected)$/i;
const controlledClass = /^(?:Malware )?Command and Control\b|^Domain Observed Used for C2\b/i;

const isInfection = ({ signature, category }: AlertWords): boolean =>
  infected.test(signature) || infectedClass.test(category) || controlledClass.test(category);

const either =
  (pattern: RegExp) =>
  ({ signature, category }: AlertWords): boolean =>
    pattern.test(signature) || pattern.test(category);

/** Tried in order. */
const signs: readonly (readonly [applies: (alert: AlertWords) => boolean, category: Category])[] = [
  [either(/brute.?force|suspicious username|default username/i), "brute-force"],
  [isInfection, "botnet"],
  [either(/^ET(?:PRO)? DOS\b|Denial of Service/i), "ddos"],
  [either(/^ET(?:PRO)? SCAN\b|Network Scan/i), "scanning"],
  [either(/\bspam(?:bot)?\b/i), "spam"],
];

/**
 * A conversation that only an infected and a controlling machine have, whichever of the two sent the packet. Malware that
 * comes in from outside ("Mirai Variant User-Agent (Inbound)") is an attack on whom it comes to.
 */
export function isCommandAndControl(alert: AlertWords): boolean {
  const { signature, category } = alert;
  if (/\binbound\b/i.test(signature)) return false;
  if (controlled.test(signature) || controlledClass.test(category)) return true;
  return infected.test(signature) && /\b(?:C2|CnC|C&C|Command and Control|Check-?in|Beacon)\b/i.test(signature);
}

function ownWord(metadata: unknown): string {
  if (typeof metadata !== "object" || metadata === null || !("weir_category" in metadata)) return "";
  const value: unknown = metadata.weir_category;
  return String(Array.isArray(value) ? value[0] : value);
}

/** Undefined: not a sign of a compromised machine (policy, information, protocol errors, attacks upon customers). */
export function alertCategory(alert: AlertWords): Category | undefined {
  const own = ownWord(alert.metadata);
  if (own !== "") return categoryOf(own);
  return signs.find(([applies]) => applies(alert))?.[1];
}
