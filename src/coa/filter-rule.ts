import type { PortRule } from "../enforcement/measure.ts";

/** Mail from server to server; submission (587, 465) stays open for the customer's own mail program. */
export const smtpRule: PortRule = { protocol: "tcp", port: 25, direction: "out" };

const protocols = (rule: PortRule): readonly string[] => (rule.protocol === "any" ? ["tcp", "udp"] : [rule.protocol]);

/**
 * Rules as IPFilterRule texts for NAS-Filter-Rule (RFC 4849 section 2, syntax of RFC 6733 section 4.3.1). `in` there is
 * from the subscriber into the NAS, so what the customer sends `out` is `in`. Everything else is permitted last.
 */
export function ipFilterRules(rules: readonly PortRule[]): string[] {
  const denied = rules.flatMap((rule) => {
    const direction = rule.direction === "out" ? "in" : "out";
    return protocols(rule).map((protocol) => `deny ${direction} ${protocol} from any to any ${rule.port}`);
  });
  return [...new Set(denied), "permit in ip from any to any", "permit out ip from any to any"];
}
