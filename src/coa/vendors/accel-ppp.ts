import { attributes, type Vendor } from "../vendor.ts";

/**
 * accel-ppp, also in VyOS. The shaper reads Filter-Id as "down/up" in kbit/s. NAS-Identifier and NAS-IP-Address are
 * refused unless they are its own (403), so neither is sent; nor is Class, which makes it ignore the rest of a CoA.
 * A garden exists for IPoE only, under attribute names of the operator's choice: set it in the NAS's `profiles`.
 * Source: accel-ppp itself, accel-pppd/radius/dm_coa.c and accel-pppd/shaper/shaper.c; sections [shaper] and [radius] of
 * accel-ppp.conf(5).
 */
export const accelPpp: Vendor = {
  name: "accel-ppp",
  coaPort: 3799,
  sessionKeys: ["Acct-Session-Id", "User-Name", "Framed-IP-Address"],
  takesCoa: true,
  throttle: ({ downKbps, upKbps }) => attributes({ name: "Filter-Id", value: `${downKbps}/${upKbps}` }),
};
