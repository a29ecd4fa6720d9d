import type { NamedAttribute } from "../../nas/nas.ts";
import { settingKey } from "../setting-key.ts";
import { attributes, services, type Vendor } from "../vendor.ts";

const AV_PAIR = "Cisco-AVPair";

const pair = (key: string, value: string): NamedAttribute => ({ name: AV_PAIR, value: `${key}=${value}` });

const command = (what: string) => (name: string) => [
  pair("subscriber:command", what),
  pair("subscriber:service-name", name),
];

/**
 * Cisco IOS-XE Intelligent Services Gateway (vendor 9), port 1700. A throttle is a pair of policy maps named after
 * their rates; the garden is a service with a Layer 4 redirect. One command a packet: two commands in one would be two
 * pairs with nothing to say which name belongs to which. Source: Cisco, Intelligent Services Gateway Configuration Guide,
 * Cisco IOS XE (dynamic authorization; redirecting traffic with Layer 4 redirect).
 */
export const ciscoIosXe: Vendor = {
  name: "cisco-ios-xe",
  coaPort: 1700,
  sessionKeys: ["Acct-Session-Id"],
  takesCoa: true,
  throttle: ({ downKbps, upKbps }) =>
    attributes(
      pair("subscriber:sub-qos-policy-out", `weir-${downKbps}k`),
      pair("subscriber:sub-qos-policy-in", `weir-${upKbps}k`),
    ),
  walledGarden: () => services("WEIR-GARDEN"),
  services: {
    activate: (names) => names.map(command("activate-service")),
    deactivate: (names) => names.map(command("deactivate-service")),
    // An automatic service of the session: "A" and its name.
    grant: (names) => names.map((name) => ({ name: "Cisco-Account-Info", value: `A${name}` })),
    named: ({ name, value }) => {
      const account = name.toLowerCase() === "cisco-account-info" ? /^A(.+)$/.exec(String(value))?.[1] : undefined;
      if (account !== undefined) return { kind: "service", name: account };
      if (name.toLowerCase() !== AV_PAIR.toLowerCase()) return undefined;
      const key = settingKey(String(value));
      if (key === "command") return { kind: "part" };
      const service = String(value).slice(String(value).indexOf("=") + 1);
      return key === "service-name" ? { kind: "service", name: service } : undefined;
    },
  },
  slot: ({ name, value }) =>
    (name.toLowerCase() === AV_PAIR.toLowerCase() ? `${name}:${settingKey(String(value))}` : name).toLowerCase(),
};
