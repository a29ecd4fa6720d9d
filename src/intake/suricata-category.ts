import { type Category, categoryOf } from "./category.ts";

/** Tried in order against "<signature> / <class>" of an alert. Emerging Threats' prefixes and Suricata's own classes. */
const signs: readonly (readonly [pattern: RegExp, category: Category])[] = [
  [/brute.?force|suspicious username|default username/i, "brute-force"],
  [/^ET(?:PRO)? (?:MALWARE|TROJAN|CNC|BOTCC|WORM|MOBILE_MALWARE)\b/, "botnet"],
  [/Network Trojan|Command and Control|used for C2|\bbotnet\b|\bCnC\b|\bC2\b|Crypto Currency Mining/i, "botnet"],
  [/^ET(?:PRO)? DOS\b|Denial of Service/i, "ddos"],
  [/^ET(?:PRO)? SCAN\b|Network Scan/i, "scanning"],
  [/\bspam(?:bot)?\b/i, "spam"],
];

/** A conversation that only an infected or a controlling machine has, whichever of the two sent the packet. */
export const isCommandAndControl = (text: string): boolean =>
  /Command and Control|used for C2|\bCnC\b|\bC2\b|^ET(?:PRO)? (?:CNC|BOTCC)\b/i.test(text);

export interface AlertWords {
  readonly signature: string;
  readonly category: string;
  /** `metadata: weir_category spam` in a rule of the ISP's own decides. */
  readonly metadata: unknown;
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
  return signs.find(([pattern]) => pattern.test(alert.signature) || pattern.test(alert.category))?.[1];
}
