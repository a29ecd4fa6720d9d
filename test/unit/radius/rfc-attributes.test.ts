import { expect, test } from "vitest";
import type { Attribute } from "../../../src/radius/attribute.ts";
import { formatAttribute, namedAttribute, parseAttributeLine } from "../../../src/radius/attribute-text.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { shippedDictionary as dictionary, hex } from "../../support/wire.ts";

/*
 * Most RFCs draw an attribute and give values in words, and print no octets. Here the octets are laid out by hand after
 * the drawing: type, length, and the fields in their order.
 */
const secrets = { secret: Buffer.from("xyzzy5461"), authenticator: Buffer.alloc(16) };
const ascii = (text: string): string => Buffer.from(text).toString("hex");

function wireOf(attributes: readonly Attribute[]): string {
  const raw = encodeAttributes(dictionary, attributes, secrets);
  return raw
    .map(({ type, value }) => Buffer.of(type, value.length + 2).toString("hex") + value.toString("hex"))
    .join("");
}

function read(wire: Buffer): Attribute[] {
  const raw = [];
  for (let at = 0; at < wire.length; at += wire.readUInt8(at + 1))
    raw.push({ type: wire.readUInt8(at), value: wire.subarray(at + 2, at + wire.readUInt8(at + 1)) });
  return decodeAttributes(dictionary, raw, secrets);
}

const drawn: readonly (readonly [section: string, line: string, wire: string])[] = [
  ["rfc2865-5.10", "Framed-Routing = None", "0a 06 00000000"],
  [
    "rfc2865-5.22",
    'Framed-Route = "192.168.1.0/24 192.168.1.1 1 2 -1 3 400"',
    `16 29 ${ascii("192.168.1.0/24 192.168.1.1 1 2 -1 3 400")}`,
  ],
  ["rfc2865-5.26", "MS-CHAP-Challenge = 0x0102", "1a 0a 00000137 0b 04 0102"],
  ["rfc2866-5.1", "Acct-Status-Type = Interim-Update", "28 06 00000003"],
  ["rfc2866-5.10", "Acct-Terminate-Cause = Admin-Reset", "31 06 00000006"],
  ["rfc2867-4.1", 'Acct-Tunnel-Connection = "7"', `44 03 ${ascii("7")}`],
  ["rfc2867-4.2", "Acct-Tunnel-Packets-Lost = 5", "56 06 00000005"],
  ["rfc2868-3.1", "Tunnel-Type:1 = L2TP", "40 06 01 000003"],
  ["rfc2868-3.1, without a tag", "Tunnel-Type = L2TP", "40 06 00 000003"],
  ["rfc2868-3.2", "Tunnel-Medium-Type:31 = IEEE-802", "41 06 1f 000006"],
  ["rfc2868-3.3", 'Tunnel-Client-Endpoint:2 = "192.0.2.1"', `42 0c 02 ${ascii("192.0.2.1")}`],
  ["rfc2868-3.4, without a tag", 'Tunnel-Server-Endpoint = "lns.example"', `43 0d ${ascii("lns.example")}`],
  ["rfc2868-3.6", 'Tunnel-Private-Group-Id:1 = "100"', `51 06 01 ${ascii("100")}`],
  ["rfc2868-3.7", 'Tunnel-Assignment-Id:1 = "a"', `52 04 01 ${ascii("a")}`],
  ["rfc2868-3.8", "Tunnel-Preference:1 = 16777215", "53 06 01 ffffff"],
  ["rfc2868-3.9", 'Tunnel-Client-Auth-Id:1 = "lac"', `5a 06 01 ${ascii("lac")}`],
  ["rfc2868-3.10", 'Tunnel-Server-Auth-Id:1 = "lns"', `5b 06 01 ${ascii("lns")}`],
  ["rfc2869-5.1", "Acct-Input-Gigawords = 3", "34 06 00000003"],
  ["rfc2869-5.3", 'Event-Timestamp = "2023-11-14T22:13:20.000Z"', "37 06 6553f100"],
  ["rfc3162-2.1", "NAS-IPv6-Address = 2001:db8::1", "5f 12 20010db8000000000000000000000001"],
  ["rfc3162-2.2", "Framed-Interface-Id = 0:0:0:1", "60 0a 0000000000000001"],
  ["rfc3162-2.3", "Framed-IPv6-Prefix = 2001:db8:0:106::/64", "61 0c 00 40 20010db800000106"],
  [
    "rfc3162-2.4",
    "Login-IPv6-Host = ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "62 12 ffffffffffffffffffffffffffffffff",
  ],
  ["rfc3162-2.5", 'Framed-IPv6-Route = "2000:0:0:106::/64 :: 1"', `63 18 ${ascii("2000:0:0:106::/64 :: 1")}`],
  ["rfc3162-2.6", 'Framed-IPv6-Pool = "pool"', `64 06 ${ascii("pool")}`],
  ["rfc4372-2.2, a single NUL asks for one", "Chargeable-User-Identity = 0x00", "59 03 00"],
  ["rfc4675-2.1, VLAN 100 with tags", "Egress-VLANID = 822083684", "38 06 31 000064"],
  ["rfc4675-2.2", "Ingress-Filters = Enabled", "39 06 00000001"],
  ["rfc4675-2.3, with tags", 'Egress-VLAN-Name = "1blue"', `3a 07 31 ${ascii("blue")}`],
  ["rfc4675-2.4", "User-Priority-Table = 0x0001020304050607", "3b 0a 0001020304050607"],
  ["rfc4679-3.3.1", "ADSL-Agent-Circuit-Id = 0x6174", "1a 0a 00000de9 01 04 6174"],
  ["rfc4679-3.3.11", "Minimum-Data-Rate-Upstream-Low-Power = 32000", "1a 0c 00000de9 89 06 00007d00"],
  ["rfc4679-3.3.17", "Access-Loop-Encapsulation = 0x010200", "1a 0b 00000de9 90 05 010200"],
  ["rfc4679-3.3.18, with nothing in it", "IWF-Session = 0x", "1a 08 00000de9 fe 02"],
  ["rfc4818-3", "Delegated-IPv6-Prefix = 2001:db8:0:1200::/56", "7b 0b 00 38 20010db8000012"],
  ["rfc5176-3.5", "Error-Cause = Session-Context-Not-Found", "65 06 000001f7"],
  ["rfc5580-4.1, a realm", 'Operator-Name = "1example.net"', `7e 0e 31 ${ascii("example.net")}`],
  ["rfc5580-4.6", "Location-Capable = Geo-Location", "83 06 00000002"],
  [
    "rfc6519-4, labels as in DNS",
    `DS-Lite-Tunnel-Name = 0x04${ascii("aftr")}07${ascii("example")}00`,
    `90 10 04 ${ascii("aftr")} 07 ${ascii("example")} 00`,
  ],
  ["rfc6572-4.12", "PMIP6-Home-IPv4-HoA = 198.51.100.7/24", "9b 08 00 18 c6336400"],
  ["rfc6911-3.1", "Framed-IPv6-Address = 2001:db8::1", "a8 12 20010db8000000000000000000000001"],
  ["rfc6911-3.2", "DNS-Server-IPv6-Address = 2001:db8::53", "a9 12 20010db8000000000000000000000053"],
  ["rfc6911-3.3", "Route-IPv6-Information = 2001:db8::/32", "aa 08 00 20 20010db8"],
  ["rfc6911-3.4", 'Delegated-IPv6-Prefix-Pool = "pd"', `ab 04 ${ascii("pd")}`],
  ["rfc6911-3.5", 'Stateful-IPv6-Address-Pool = "na"', `ac 04 ${ascii("na")}`],
  ["rfc8559-3.4", "Operator-NAS-Identifier = 0xc0ffee01", "f1 07 08 c0ffee01"],
];

test.each(drawn)("%s: %s is laid out as it is drawn, and read back", (_, line, octets) => {
  const wire = hex(octets);
  expect(wire[1]).toBe(wire.length);
  const attribute = parseAttributeLine(dictionary, line);
  expect(wireOf([attribute])).toBe(wire.toString("hex"));
  const [back] = read(wire);
  expect(back?.name).toBe(attribute.name);
  expect(wireOf(read(wire))).toBe(wire.toString("hex"));
  expect(back && formatAttribute(dictionary, back)).toBe(line.replace("198.51.100.7/24", "198.51.100.0/24"));
});

/** RFC 8045 section 4.1.4: the numbers of the story about Joe, who has a limit, a port range and a web cam. */
const number = (name: string, value: string | number): Attribute => namedAttribute(dictionary, { name, value });
const joe: readonly (readonly [string, Attribute, string])[] = [
  [
    "a limit of 500 ports",
    { name: "IP-Port-Limit-Info", value: [number("IP-Port-Limit", 500)] },
    "f1 09 05 02 06 000001f4",
  ],
  [
    "external port 5000 to internal port 1234",
    {
      name: "IP-Port-Forwarding-Map",
      value: [number("IP-Port-Map-Int-Port", 1234), number("IP-Port-Map-Ext-Port", 5000)],
    },
    "f1 0f 07 06 06 000004d2 07 06 00001388",
  ],
  [
    "ports 3500 to 3540 of 192.0.2.15",
    {
      name: "IP-Port-Range",
      value: [
        number("IP-Port-Range-Alloc", "Allocation"),
        number("IP-Port-Range-Range-Start", 3500),
        number("IP-Port-Range-Range-End", 3540),
        number("IP-Port-Range-Ext-IPv4-Addr", "192.0.2.15"),
      ],
    },
    "f1 1b 06 08 06 00000001 09 06 00000dac 0a 06 00000dd4 03 06 c000020f",
  ],
  [
    "ports 8500 to 8800 given back, by a local id",
    {
      name: "IP-Port-Range",
      value: [
        number("IP-Port-Range-Alloc", "Deallocation"),
        number("IP-Port-Range-Range-Start", 8500),
        number("IP-Port-Range-Range-End", 8800),
        number("IP-Port-Range-Local-Id", "joe"),
      ],
    },
    `f1 1a 06 08 06 00000002 09 06 00002134 0a 06 00002260 0b 05 ${ascii("joe")}`,
  ],
];

test.each(joe)("rfc8045-4.1.4: %s", (_, attribute, octets) => {
  const wire = hex(octets);
  expect(wire[1]).toBe(wire.length);
  expect(wireOf([attribute])).toBe(wire.toString("hex"));
  expect(read(wire)).toEqual([attribute]);
});
