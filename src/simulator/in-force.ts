/** What a subscriber really gets at this moment, in words that no vendor owns. Absent: no such restriction. */
export interface InForce {
  /** Of kbit/s; a direction that is absent is not limited. */
  readonly rates?: { readonly downKbps?: number; readonly upKbps?: number };
  /** The filter, address list or service that sends the customer's web traffic to the garden. */
  readonly garden?: string;
  /** Filters and address lists by name, the garden's too. */
  readonly filters: readonly string[];
  /** Single rules, such as "deny in tcp from any to any 25". */
  readonly rules: readonly string[];
  /** Services by name, as they were activated. */
  readonly services: readonly string[];
}

export const nothingInForce: InForce = Object.freeze({ filters: [], rules: [], services: [] });

/** Names that mean a garden on this BNG: its operator set it up so. */
export const isGardenName = (name: string): boolean => /garden|quarantine|captive|redirect/i.test(name);

const rate = (kbps: number | undefined): string => (kbps === undefined ? "unlimited" : `${kbps} kbit/s`);

/** One line for people. */
export function inForceText({ rates, garden, filters, rules, services }: InForce): string {
  const parts = [
    ...(rates ? [`down ${rate(rates.downKbps)}, up ${rate(rates.upKbps)}`] : []),
    ...(garden === undefined ? [] : [`walled garden (${garden})`]),
    ...filters.filter((name) => name !== garden).map((name) => `filter ${name}`),
    ...services.filter((name) => name !== garden).map((name) => `service ${name}`),
    ...(rules.length === 0 ? [] : [`rules: ${rules.join("; ")}`]),
  ];
  return parts.length === 0 ? "unrestricted" : parts.join(", ");
}
