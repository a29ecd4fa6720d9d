import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import type { Attribute } from "../../../src/radius/attribute.ts";
import { formatAttribute, namedAttribute, parseAttributeLine } from "../../../src/radius/attribute-text.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { shippedDictionary as dictionary, hex } from "../../support/wire.ts";

const secrets = { secret: Buffer.from("testing123"), authenticator: hex("000102030405060708090a0b0c0d0e0f") };
const wire = (attributes: readonly Attribute[]) =>
  encodeAttributes(dictionary, attributes, secrets).map(({ type, value }) => `${type} ${value.toString("hex")}`);
const there = (attributes: readonly Attribute[]) =>
  decodeAttributes(dictionary, encodeAttributes(dictionary, attributes, secrets), secrets);

const octetsOf: readonly (readonly [string, string | number | bigint, string])[] = [
  ["User-Name", "Zoë", "1 5a6fc3ab"],
  ["NAS-Port", 4294967295, "5 ffffffff"],
  ["Framed-IP-Address", "192.0.2.7", "8 c0000207"],
  ["Framed-Interface-Id", "0:0:0:1", "96 0000000000000001"],
  ["Framed-IPv6-Prefix", "2001:db8:1::/48", "97 003020010db80001"],
  ["Delegated-IPv6-Prefix", "2001:db8::/56", "123 003820010db8000000"],
  ["Framed-IPv6-Address", "2001:db8::1", "168 20010db8000000000000000000000001"],
  ["Event-Timestamp", 1700000000, "55 6553f100"],
  ["Error-Cause", 503, "101 000001f7"],
  ["Mikrotik-Rate-Limit", "1M/2M", "26 00003a8c0807314d2f324d"],
  ["WISPr-Bandwidth-Max-Down", 1000000, "26 0000372a0806000f4240"],
  ["Cisco-AVPair", "subscriber:command=x", "26 000000090116737562736372696265723a636f6d6d616e643d78"],
  ["ERX-Service-Deactivate", "garden", "26 0000130a420867617264656e"],
];

test.each(octetsOf)("%s = %s has its octets, and is read back from them", (name, value, octets) => {
  expect(wire([{ name, value }])).toEqual([octets]);
  expect(there([{ name, value }])).toEqual([{ name, value }]);
});

test("rfc2868-3.1: a tag stands before the text, and in the highest octet of a number", () => {
  expect(wire([{ name: "ERX-Service-Activate", tag: 2, value: "slow" }])).toEqual(["26 0000130a410702736c6f77"]);
  expect(wire([{ name: "Tunnel-Type", tag: 1, value: 13 }])).toEqual(["64 0100000d"]);
  expect(there([{ name: "Tunnel-Type", tag: 1, value: 13 }])).toEqual([{ name: "Tunnel-Type", tag: 1, value: 13 }]);
  // A first octet above 0x1F belongs to the text: it has no tag.
  expect(decodeAttributes(dictionary, [{ type: 81, value: Buffer.from("vlan") }], secrets)).toEqual([
    { name: "Tunnel-Private-Group-Id", value: "vlan" },
  ]);
});

test("rfc2868-3.5: a Tunnel-Password is salted, its salt's first bit set, and opens only with secret and authenticator", () => {
  const [raw] = encodeAttributes(dictionary, [{ name: "Tunnel-Password", tag: 1, value: "s3cret" }], secrets);
  expect(raw?.value[0]).toBe(1);
  expect((raw?.value[1] ?? 0) & 0x80).toBe(0x80);
  expect(raw?.value.toString("latin1")).not.toContain("s3cret");
  expect(decodeAttributes(dictionary, raw ? [raw] : [], secrets)).toEqual([
    { name: "Tunnel-Password", tag: 1, value: "s3cret" },
  ]);
  const wrong = decodeAttributes(dictionary, raw ? [raw] : [], { ...secrets, secret: Buffer.from("other") });
  expect(wrong[0]?.value).not.toBe("s3cret");
});

test("several of a vendor's attributes in one Vendor-Specific are all read", () => {
  const packed = hex("00003a8c 0807314d2f324d 130667617264");
  expect(decodeAttributes(dictionary, [{ type: 26, value: packed }], secrets)).toEqual([
    { name: "Mikrotik-Rate-Limit", value: "1M/2M" },
    { name: "Mikrotik-Address-List", value: "gard" },
  ]);
});

test("unknown attributes, vendors and malformed ones are kept as octets, and go out again as they came", () => {
  const raw = [
    { type: 250, value: hex("0102") },
    { type: 26, value: hex("00fedcba 0104abcd") },
    { type: 26, value: hex("00000009 01ff00") },
    { type: 26, value: hex("0000") },
  ];
  const decoded = decodeAttributes(dictionary, raw, secrets);
  expect(decoded.map(({ name }) => name)).toEqual(["Attr-250", "Attr-26.16702650.1", "Attr-26.9", "Vendor-Specific"]);
  expect(wire(decoded)).toEqual(["250 0102", "26 00fedcba0104abcd", "26 0000000901ff00", "26 0000"]);
  // A number where an address should be is not an address, but it is not lost either.
  expect(decodeAttributes(dictionary, [{ type: 8, value: hex("0a00") }], secrets)).toEqual([
    { name: "Framed-IP-Address", value: hex("0a00"), octets: hex("0a00") },
  ]);
});

test("rfc4849-2: filter rules are one text with NULs between, cut where attributes are full, and read back whole", () => {
  const rules = Array.from({ length: 12 }, (_, i) => ({
    name: "NAS-Filter-Rule",
    value: `deny in tcp from any to any ${1000 + i}`,
  }));
  const raw = encodeAttributes(dictionary, [{ name: "User-Name", value: "a" }, ...rules], secrets);
  expect(raw.map(({ type, value }) => [type, value.length])).toEqual([
    [1, 1],
    [92, 253],
    [92, 142],
  ]);
  expect(decodeAttributes(dictionary, raw, secrets).slice(1)).toEqual(rules);
});

test("rfc2869-5.13: a long EAP-Message runs over several attributes and is one value", () => {
  const value = Buffer.alloc(600, 7);
  const raw = encodeAttributes(dictionary, [{ name: "EAP-Message", value }], secrets);
  expect(raw.map((one) => one.value.length)).toEqual([253, 253, 94]);
  expect(decodeAttributes(dictionary, raw, secrets)).toEqual([{ name: "EAP-Message", value }]);
});

test("rfc8045-3.1.2: an IP-Port-Range is a TLV in extended attribute 241.6", () => {
  const range: Attribute = {
    name: "IP-Port-Range",
    value: [
      { name: "IP-Port-Range-Type", value: 2 },
      { name: "IP-Port-Range-Ext-IPv4-Addr", value: "192.0.2.1" },
    ],
  };
  expect(wire([range])).toEqual(["241 060106000000020306c0000201"]);
  expect(there([range])).toEqual([range]);
});

test("rfc6929-2.2: a long extended attribute is cut into fragments that say that more follows", () => {
  const value = Buffer.alloc(300, 1);
  const raw = encodeAttributes(dictionary, [{ name: "Attr-245.200", value }], secrets);
  expect(raw.map((one) => [one.value[0], one.value[1], one.value.length])).toEqual([
    [200, 0x80, 253],
    [200, 0, 51],
  ]);
  expect(decodeAttributes(dictionary, raw, secrets)).toEqual([{ name: "Attr-245.200", value }]);
});

test("radclient's lines are read: tags, quotes, octets, names of values, operators", () => {
  const read = (line: string) => parseAttributeLine(dictionary, line);
  expect(read('User-Name = "a \\"b\\""')).toEqual({ name: "User-Name", value: 'a "b"' });
  expect(read("Acct-Status-Type = Interim-Update")).toEqual({ name: "Acct-Status-Type", value: 3 });
  expect(read("Tunnel-Type:1 := VLAN,")).toEqual({ name: "Tunnel-Type", tag: 1, value: 13 });
  expect(read("Class = 0x0102")).toEqual({ name: "Class", value: hex("0102") });
  expect(read("Error-Cause = Session-Context-Not-Found")).toEqual({ name: "Error-Cause", value: 503 });
  expect(() => read("No-Such-Thing = 1")).toThrow(expect.objectContaining({ code: "unknown-attribute" }));
  expect(() => read("NAS-Port = many")).toThrow(expect.objectContaining({ code: "invalid-value" }));
  expect(() => read("just words")).toThrow(expect.objectContaining({ code: "invalid-value" }));
});

afterEach(() => vi.unstubAllEnvs());

test.each([
  "2026-11-20 03:00:00",
  "2026-11-20T03:00",
  "Nov 20 2026 03:00:00",
  "Nov 20 03:00:00 2026",
  "2026-11-20T03:00:00Z",
  "Nov 20 2026 03:00:00 UTC",
  "Nov 19 2026 22:00:00 EST",
  "2026-11-20T04:00:00.5+01:00",
])("the moment %s is the same wherever the server stands: UTC, if it names no zone", (written) => {
  for (const zone of ["America/New_York", "Asia/Tokyo"]) {
    vi.stubEnv("TZ", zone);
    expect(new Date(2026, 10, 20).toISOString()).not.toBe("2026-11-20T00:00:00.000Z");
    const moment = namedAttribute(dictionary, { name: "Event-Timestamp", value: written });
    expect(moment.value).toBe(Date.UTC(2026, 10, 20, 3) / 1000);
  }
});

test("an attribute is shown as radclient shows it", () => {
  const show = (attribute: Attribute) => formatAttribute(dictionary, attribute);
  expect(show({ name: "User-Name", value: "a\nb" })).toBe('User-Name = "a\\nb"');
  expect(show({ name: "Error-Cause", value: 503 })).toBe("Error-Cause = Session-Context-Not-Found");
  expect(show({ name: "ERX-Service-Activate", tag: 1, value: "garden" })).toBe('ERX-Service-Activate:1 = "garden"');
  expect(show({ name: "Framed-IP-Address", value: "192.0.2.7" })).toBe("Framed-IP-Address = 192.0.2.7");
});

const unfitting: readonly (readonly [string, string | number])[] = [
  ["Framed-IP-Address", "300.0.0.1"],
  ["Framed-IPv6-Prefix", "2001:db8::/129"],
  ["Framed-Interface-Id", "1:2:3"],
  ["NAS-Port", 4294967296],
  ["NAS-Port", -1],
];
test.each(unfitting)("%s = %s is refused: it would be something else on the wire", (name, value) => {
  expect(() => encodeAttributes(dictionary, [namedAttribute(dictionary, { name, value })], secrets)).toThrow(
    expect.objectContaining({ code: "invalid-value" }),
  );
});

const ipv6 = fc.ipV6().filter((text) => !text.includes("."));
test("every IPv6 address and prefix comes back as itself", () => {
  fc.assert(
    fc.property(ipv6, fc.integer({ min: 0, max: 128 }), (address, length) => {
      const [first] = there([{ name: "Framed-IPv6-Address", value: address }]);
      expect(there([{ name: "Framed-IPv6-Address", value: String(first?.value) }])).toEqual([first]);
      const [prefix] = there([{ name: "Framed-IPv6-Prefix", value: `${address}/${length}` }]);
      expect(there([{ name: "Framed-IPv6-Prefix", value: String(prefix?.value) }])).toEqual([prefix]);
      expect(new URL(`http://[${first?.value}]/`).hostname).toBe(new URL(`http://[${address}]/`).hostname);
    }),
  );
});

test("every whole number of a type's width comes back, and text in UTF-8 too", () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), (number, text) => {
      fc.pre(Buffer.byteLength(text) <= 253);
      expect(there([{ name: "NAS-Port", value: number }])).toEqual([{ name: "NAS-Port", value: number }]);
      expect(there([{ name: "Reply-Message", value: text }])).toEqual([{ name: "Reply-Message", value: text }]);
    }),
  );
});
