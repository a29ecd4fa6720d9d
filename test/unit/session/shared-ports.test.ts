import { expect, test } from "vitest";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { portsAfter, sharedPorts, UNKNOWN_PORTS } from "../../../src/session/shared-ports.ts";
import { hex, shippedDictionary } from "../../support/wire.ts";

const own = "203.0.113.77";
const elsewhere = "198.51.100.9";

const number = (value: number) => value.toString(16).padStart(8, "0");
const address = (text: string) =>
  text
    .split(".")
    .map((octet) => Number(octet).toString(16).padStart(2, "0"))
    .join("");
const tlv = (type: number, value: string) =>
  `${number(type).slice(-2)} ${number(value.length / 2 + 2).slice(-2)} ${value}`;
/** IP-Port-Range with these TLVs. */
const portRange = (...tlvs: string[]): RawAttribute => ({ type: 241, value: hex(`06 ${tlvs.join("")}`) });
const ports = (first: number, last: number) => tlv(9, number(first)) + tlv(10, number(last));
const vsa = (vendor: number, type: number, value: string): RawAttribute => ({
  type: 26,
  value: hex(`${number(vendor)} ${tlv(type, value)}`),
});
const nokia = (text: string) => vsa(6527, 121, Buffer.from(text).toString("hex"));
const numbered = (vendor: number, at: string, ...ends: readonly (readonly [number, number])[]) => [
  vsa(vendor, 161, address(at)),
  ...ends.flatMap(([first, last]) => [vsa(vendor, 162, number(first)), vsa(vendor, 163, number(last))]),
];

const facts: readonly (readonly [string, readonly RawAttribute[], string | undefined])[] = [
  ["nothing", [], undefined],
  ["RFC 8045, of the session's own address", [portRange(ports(1024, 2047))], "{[1024,2048)}"],
  ["its address named", [portRange(tlv(3, address(own)), ports(1024, 2047))], "{[1024,2048)}"],
  ["the transport named: all", [portRange(tlv(1, number(1)), ports(0, 65_535))], "{[0,65536)}"],
  ["an allocation", [portRange(ports(1024, 2047), tlv(8, number(1)))], "{[1024,2048)}"],
  ["several, in any order", [portRange(ports(4096, 5119)), portRange(ports(1024, 2047))], "{[1024,2048),[4096,5120)}"],
  ["several that touch", [portRange(ports(2048, 3071)), portRange(ports(1024, 2047))], "{[1024,3072)}"],
  ["a NAT's outer address", [portRange(tlv(3, address(elsewhere)), ports(1024, 2047))], undefined],
  ["a NAT's inner address, without the outer one", [portRange(tlv(4, address(own)), ports(1024, 2047))], undefined],
  ["a deallocation", [portRange(ports(1024, 2047), tlv(8, number(2)))], UNKNOWN_PORTS],
  ["one transport only", [portRange(tlv(1, number(3)), ports(1024, 2047))], UNKNOWN_PORTS],
  ["no end", [portRange(tlv(9, number(1024)))], UNKNOWN_PORTS],
  ["an end before its start", [portRange(ports(2047, 1024))], UNKNOWN_PORTS],
  ["no port", [portRange(ports(1024, 65_536))], UNKNOWN_PORTS],
  ["octets that are no TLVs", [{ type: 241, value: hex("06 0906") }], UNKNOWN_PORTS],
  ["one that is malformed beside a good one", [portRange(ports(1, 2)), portRange(tlv(9, "01"))], UNKNOWN_PORTS],
  ["IP-Port-Limit-Info", [{ type: 241, value: hex(`05 ${tlv(2, number(1024))}`) }], undefined],
  ["Nokia's", [nokia(`${own} 1024-2047,4096-5119 router base`)], "{[1024,2048),[4096,5120)}"],
  [
    "Nokia's, in several",
    [nokia(`${own} 1024-2047 vprn1`), nokia(`${own} 4096..5119 vprn1`)],
    "{[1024,2048),[4096,5120)}",
  ],
  ["Nokia's, of a NAT", [nokia(`${elsewhere} 1024-2047 router base`)], undefined],
  ["Nokia's, in words that nobody knows", [nokia(`${own} some router base`)], UNKNOWN_PORTS],
  ["Huawei's", numbered(2011, own, [1024, 2047], [4096, 5119]), "{[1024,2048),[4096,5120)}"],
  ["Huawei's, of a NAT", numbered(2011, elsewhere, [1024, 2047]), undefined],
  ["Huawei's, without an end", [vsa(2011, 161, address(own)), vsa(2011, 162, number(1024))], UNKNOWN_PORTS],
  ["netElastic's", numbered(54_268, own, [1024, 2047]), "{[1024,2048)}"],
  ["the same numbers of another vendor", numbered(9, own, [1024, 2047]), undefined],
];

test.each(facts)("ports that a record gives to its session: %s", (_, attributes, expected) => {
  expect(sharedPorts({ attributes }, own)).toBe(expected);
});

test("the numbers are the dictionary's", () => {
  const names = [
    ["241.6", "IP-Port-Range"],
    ["241.6.1", "IP-Port-Range-Type"],
    ["241.6.3", "IP-Port-Range-Ext-IPv4-Addr"],
    ["241.6.4", "IP-Port-Range-Int-IPv4-Addr"],
    ["241.6.8", "IP-Port-Range-Alloc"],
    ["241.6.9", "IP-Port-Range-Range-Start"],
    ["241.6.10", "IP-Port-Range-Range-End"],
    ["26.6527.121", "Alc-Nat-Port-Range"],
    ["26.2011.161", "Huawei-NAT-Public-Address"],
    ["26.2011.162", "Huawei-NAT-Start-Port"],
    ["26.2011.163", "Huawei-NAT-End-Port"],
    ["26.54268.161", "NetElastic-NAT-Public-Address"],
    ["26.54268.162", "NetElastic-NAT-Start-Port"],
    ["26.54268.163", "NetElastic-NAT-End-Port"],
  ] as const;
  for (const [path, name] of names) expect([path, shippedDictionary.find(path)?.name]).toEqual([path, name]);
});

test("ports that change are nobody's for sure, whichever came first; a record without any says nothing", () => {
  const [one, other] = ["{[1024,2048)}", "{[4096,5120)}"];
  expect(portsAfter(undefined, one)).toBe(one);
  expect(portsAfter(one, undefined)).toBe(one);
  expect(portsAfter(one, one)).toBe(one);
  expect(portsAfter(one, other)).toBe(UNKNOWN_PORTS);
  expect(portsAfter(portsAfter(one, other), one)).toBe(UNKNOWN_PORTS);
});
