import type { Vendor } from "../vendor.ts";

/**
 * hostapd ends sessions and changes nothing: every CoA-Request gets a NAK, and any attribute off its short list a 401.
 * Source: hostapd itself, src/radius/radius_das.c.
 */
export const hostapd: Vendor = {
  name: "hostapd",
  coaPort: 3799,
  sessionKeys: ["Acct-Session-Id", "User-Name", "Calling-Station-Id"],
  takesCoa: false,
};
