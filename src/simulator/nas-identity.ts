import type { Attribute } from "../radius/attribute.ts";

/** What the BNG calls itself in every packet. */
export interface NasIdentity {
  readonly ip?: string;
  readonly identifier?: string;
}

export const nasAttributes = ({ ip, identifier }: NasIdentity): Attribute[] => [
  ...(ip === undefined ? [] : [{ name: ip.includes(":") ? "NAS-IPv6-Address" : "NAS-IP-Address", value: ip }]),
  ...(identifier === undefined ? [] : [{ name: "NAS-Identifier", value: identifier }]),
];
