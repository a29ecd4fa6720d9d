import type { NamedAttribute } from "../../nas/nas.ts";
import { services, type Vendor } from "../vendor.ts";

const ACTIVATE = "ERX-Service-Activate";
const DEACTIVATE = "ERX-Service-Deactivate";

const numbered =
  (name: string) =>
  (value: string, index: number): NamedAttribute => ({ name, tag: index + 1, value });

/**
 * Juniper MX and ERX (vendor 4874): dynamic services by name, parameters in brackets. Service-Activate (65) is tagged,
 * Service-Deactivate (66) is not. Before Junos 16.1R4 all activations of one CoA ran before its deactivations, so
 * deactivations go first, in a packet of their own. Source: Juniper, Junos OS Broadband Subscriber Services Feature Guide
 * (RADIUS-initiated change of authorization; Juniper Networks VSAs); Feature Explorer, "Processing multiple activation and
 * deactivation requests in a single CoA message".
 */
export const juniper: Vendor = {
  name: "juniper",
  coaPort: 3799,
  sessionKeys: ["Acct-Session-Id"],
  takesCoa: true,
  throttle: ({ downKbps, upKbps }) => services(`weir-throttle(${downKbps}k,${upKbps}k)`),
  walledGarden: () => services("weir-garden"),
  services: {
    activate: (names) => (names.length === 0 ? [] : [names.map(numbered(ACTIVATE))]),
    deactivate: (names) => (names.length === 0 ? [] : [names.map((value) => ({ name: DEACTIVATE, value }))]),
    grant: (names) => names.map(numbered(ACTIVATE)),
    named: ({ name, value }) =>
      name.toLowerCase() === ACTIVATE.toLowerCase() ? { kind: "service", name: String(value) } : undefined,
  },
};
