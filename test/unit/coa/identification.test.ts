import { expect, test } from "vitest";
import { identificationOf } from "../../../src/coa/request-attributes.ts";
import { vendorNames, vendorOf } from "../../../src/coa/vendors/vendors.ts";
import { namesSession } from "../../../src/nas/session-keys.ts";
import { nasOf, sessionWith } from "./vendor-requests.ts";

const { ipv4: _none, ...withoutIpv4 } = sessionWith();
const cases = [
  ["session", ["Acct-Session-Id"], sessionWith()],
  ["session", ["User-Name", "Framed-IP-Address"], sessionWith()],
  ["session", ["Calling-Station-Id"], sessionWith()],
  ["session", ["NAS-Port-Id"], { ...sessionWith(), identity: { "NAS-Port-Id": "ge-0/0/1" } }],
  ["address", ["Framed-IP-Address", "NAS-IP-Address"], sessionWith()],
  ["address", ["Framed-IPv6-Prefix"], { ...sessionWith(), identity: { "Framed-IPv6-Prefix": "2001:db8::/64" } }],
  ["none", [], sessionWith()],
  ["none", ["NAS-IP-Address", "NAS-Identifier"], sessionWith()],
  ["none", ["Framed-IP-Address", "NAS-Identifier"], withoutIpv4],
  ["none", ["User-Name"], { ...sessionWith(), username: "" }],
] as const;

test.each(cases)("named by %s: %j", (identification, sessionKeys, session) => {
  expect(identificationOf({ ...nasOf({ vendor: "generic" }), coa: { sessionKeys } }, session)).toMatchObject({
    kind: identification,
  });
});

test("of its addresses those that the NAS is to know it by", () => {
  const session = {
    ...sessionWith(),
    identity: { "Framed-IPv6-Prefix": "2001:db8::/64", "Delegated-IPv6-Prefix": "x" },
  };
  const sessionKeys = ["Framed-IP-Address", "Framed-IPv6-Prefix"];
  expect(identificationOf({ ...nasOf({ vendor: "generic" }), coa: { sessionKeys } }, session)).toEqual({
    kind: "address",
    addresses: [session.ipv4, "2001:db8::/64"],
  });
});

test("every vendor's own keys begin with one that names a session", () => {
  for (const name of vendorNames) expect(namesSession(vendorOf(name).sessionKeys[0] ?? "")).toBe(true);
});
