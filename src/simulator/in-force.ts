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

/** What a vendor's attributes come to; what is absent restricts nothing. */
export interface Restrictions {
  readonly downKbps?: number | undefined;
  readonly upKbps?: number | undefined;
  readonly filters?: readonly string[];
  readonly rules?: readonly string[];
  readonly services?: readonly string[];
  /** A filter or service under a name that means a garden here. */
  readonly garden?: string | undefined;
}

export function inForceOf(restrictions: Restrictions): InForce {
  const { downKbps, upKbps, garden, filters = [], rules = [], services = [] } = restrictions;
  const rates = { ...(downKbps !== undefined && { downKbps }), ...(upKbps !== undefined && { upKbps }) };
  return {
    ...(Object.keys(rates).length > 0 && { rates }),
    ...(garden !== undefined && { garden }),
    filters,
    rules,
    services,
  };
}

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
