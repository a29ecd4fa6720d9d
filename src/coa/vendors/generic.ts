import { ipFilterRules } from "../filter-rule.ts";
import { attributes, type Vendor } from "../vendor.ts";

const BITS_PER_KILOBIT = 1000;

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
      { name: "WISPr-Bandwidth-Max-Down", value: downKbps * BITS_PER_KILOBIT },
      { name: "WISPr-Bandwidth-Max-Up", value: upKbps * BITS_PER_KILOBIT },
    ),
  walledGarden: () => attributes({ name: "Filter-Id", value: "walled-garden" }),
  filter: (rules) => attributes(...ipFilterRules(rules).map((value) => ({ name: "NAS-Filter-Rule", value }))),
};
