import { attributes, type Vendor } from "../vendor.ts";

/**
 * MikroTik RouterOS (vendor 14988). Mikrotik-Rate-Limit is "rx/tx" as the router sees it: rx is what the customer
 * sends. The garden is an address list that a firewall NAT rule redirects. RouterOS needs User-Name and
 * Framed-IP-Address beside the session id, and an address list can only be replaced, never cleared. Source: MikroTik,
 * RouterOS manual, "RADIUS Client" (supported attributes; connection terminating from RADIUS).
 */
export const mikrotik: Vendor = {
  name: "mikrotik",
  coaPort: 3799,
  sessionKeys: ["Acct-Session-Id", "User-Name", "Framed-IP-Address"],
  takesCoa: true,
  throttle: ({ downKbps, upKbps }) => attributes({ name: "Mikrotik-Rate-Limit", value: `${upKbps}k/${downKbps}k` }),
  walledGarden: () => attributes({ name: "Mikrotik-Address-List", value: "weir-garden" }),
};
