import { expect, test } from "vitest";
import { grantedAttributes } from "../../../src/coa/granted-attributes.ts";
import { requestAttributes } from "../../../src/coa/request-attributes.ts";
import type { Nas } from "../../../src/nas/nas.ts";
import type { Session } from "../../../src/session/session.ts";
import { shippedDictionary as dictionary, hex } from "../../support/wire.ts";

const nas: Nas = {
  id: "bng1",
  address: "192.0.2.1",
  secret: Buffer.from("testing123"),
  vendor: "generic",
  requireMessageAuthenticator: "auto",
  coa: { sessionKeys: ["Acct-Session-Id", "User-Name", "NAS-Port-Id"] },
  profiles: {},
  messageAuthenticatorSeen: false,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

const session: Session = {
  id: "1",
  nasId: "bng1",
  acctSessionId: "0x303030303030343200",
  username: "0x6dfc6c6c6572",
  startedAt: new Date(0),
  lastSeenAt: new Date(0),
  ipv6: [],
  inputOctets: 0n,
  outputOctets: 0n,
  identity: { "NAS-Port-Id": "0x30783431" },
};

const sent = (attributes: ReturnType<typeof grantedAttributes>) =>
  requestAttributes(dictionary, {
    nas,
    session,
    step: { kind: "coa", attributes },
    now: new Date(0),
  }).map(({ type, value }) => `${type} ${value.toString("hex")}`);

test("a session is named by the octets that its NAS named it by", () => {
  expect(sent([]).slice(0, 3)).toEqual(["44 303030303030343200", "1 6dfc6c6c6572", "87 30783431"]);
});

const granted: readonly (readonly [string, string])[] = [
  ["a text that is no UTF-8", "11 67e4737465"],
  ["a text with a NUL", "11 676f6c6400"],
  ["a text that looks like hex", "11 30783431"],
  ["an address of a wrong length", "8 0a00"],
  ["a number of a wrong length", "27 0102"],
  ["a date of a wrong length", "55 01"],
  ["a number with a name", "6 00000002"],
  ["a prefix in a long form", "97 004020010db800010000000000000000ffff"],
  ["a tagged number", "64 0300000d"],
  ["a tagged text", "81 037634"],
  ["a text with a tag of zero", "81 0076"],
  ["a TLV", "241 060106000000020306c0000201"],
  ["a TLV with something unknown in it", "241 06c80401020306c0000201"],
  ["a vendor's text that is no UTF-8", "26 00003a8c130767e4737465"],
  ["an unknown vendor's attribute", "26 00fedcba0104abcd"],
  ["a vendor's octets in a layout of its own", "26 0000000901ff00"],
  ["an attribute that nobody knows", "250 0102"],
  ["filter rules", "92 610062"],
];

test.each(granted)("%s that an Access-Accept gave is put back as it was", (_, text) => {
  const [type, value = ""] = text.split(" ");
  const octets = hex(value);
  const wire = Buffer.concat([Buffer.of(Number(type), octets.length + 2), octets]);
  expect(sent(JSON.parse(JSON.stringify(grantedAttributes(dictionary, wire)))).slice(3, -1)).toEqual([text]);
});
