import { ipFilterRules } from "../filter-rule.ts";
import { attributes, type Vendor } from "../vendor.ts";

const BITS_PER_KILOBIT = 1000;
/** The attribute holds 32 bits: faster lines are as good as unlimited by it. */
const MOST_BITS = 4_294_967_295;

const bits = (kbps: number): number => Math.min(kbps * BITS_PER_KILOBIT, MOST_BITS);

/**
 * What RFCs and widely shared attributes can say: WISPr-Bandwidth-Max-* in bits a second for a throttle, Filter-Id
 * (RFC 2865 section 5.11) for the garden, NAS-Filter-Rule (RFC 4849) for filters. RFC 5176 section 3: User-Name SHOULD
 * and Acct-Session-Id SHOULD identify the session; one address narrows it.
 */
export const generic: Vendor = {
  name: "generic",
  coaPort: 3799,
  sessionKeys: ["Acct-Session-Id", "User-Name", "Framed-IP-Address", "NAS-IP-Address", "NAS-Identifier"],
  takesCoa: true,
  throttle: ({ downKbps, upKbps }) =>
    attributes(
      { name: "WISPr-Bandwidth-Max-Down", value: bits(downKbps) },
      { name: "WISPr-Bandwidth-Max-Up", value: bits(upKbps) },
    ),
  walledGarden: () => attributes({ name: "Filter-Id", value: "walled-garden" }),
  filter: (rules) => attributes(...ipFilterRules(rules).map((value) => ({ name: "NAS-Filter-Rule", value }))),
};
