import type { Vendor } from "../vendor.ts";

const takes = (name: string, sessionKeys: readonly string[], coaPort = 3799): Vendor => ({
  name,
  coaPort,
  sessionKeys: ["Acct-Session-Id", ...sessionKeys],
  takesCoa: true,
});

/**
 * Vendors of whose profiles Weir knows nothing by itself: a Disconnect ends a session on each of them, and whatever else
 * is ordered needs the operator's own translation, in the NAS's `profiles`. Without one it is refused before anything is
 * sent: RFC attributes are not what this equipment reads.
 */
export const sessionEndOnly: readonly Vendor[] = [
  takes("cisco-ios-xr", [], 1700),
  takes("nokia", []),
  takes("huawei", ["User-Name"]),
  takes("ericsson", ["User-Name"]),
  takes("rtbrick", []),
  // It answers nothing without User-Name.
  takes("coova-chilli", ["User-Name"]),
];
