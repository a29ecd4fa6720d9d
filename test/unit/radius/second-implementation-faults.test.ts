import { expect, test } from "vitest";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import { verifyRequest } from "../../../src/radius/verify-packet.ts";
import { packetIn } from "../../support/wire.ts";
import { secondImplementation as radius } from "./second-implementation.ts";

/* Why npm's `radius` is compared with, and not used: what it gets wrong, and ours does not. docs/decisions/own-codec.md */
const secret = "testing123";
const secretOctets = Buffer.from(secret);
const attributes = [{ type: 44, value: Buffer.from("S1") }];

/** As UTF-8, 0xff is the same character as 0xfe: neither can stand in a text. */
const isNoText = (octet: number): boolean => octet >= 0xf8;

function withOctetChanged(code: number): Buffer {
  for (let identifier = 0; identifier < 256; identifier += 1) {
    const packet = encodeRequest({ code, identifier, attributes, secret: secretOctets, messageAuthenticator: false });
    const at = packet.subarray(4, 20).findIndex(isNoText);
    if (at < 0) continue;
    packet.writeUInt8(packet.readUInt8(4 + at) === 0xff ? 0xfe : 0xff, 4 + at);
    return packet;
  }
  throw new Error("no authenticator of 256 has such an octet");
}

test.each([4, 40, 43])("code %i: it takes an authenticator for right that is not", (code) => {
  const packet = withOctetChanged(code);
  expect(radius.decode({ packet, secret }).attributes).toEqual({ "Acct-Session-Id": "S1" });
  expect(verifyRequest(packetIn(packet), secretOctets)).toEqual({ ok: false, reason: "bad-authenticator" });
});

test.each([
  [4, "Accounting-Request"],
  [40, "Disconnect-Request"],
  [43, "CoA-Request"],
] as const)("code %i: with a Message-Authenticator, neither it nor we believe the other", (code, name) => {
  const ours = encodeRequest({ code, identifier: 1, attributes, secret: secretOctets, messageAuthenticator: true });
  expect(() => radius.decode({ packet: ours, secret })).toThrow(/Message-Authenticator mismatch/);
  const packet = radius.encode({ code: name, identifier: 1, secret, add_message_authenticator: true });
  expect(verifyRequest(packetIn(packet), secretOctets)).toEqual({ ok: false, reason: "bad-authenticator" });
});

test("it sends a Tunnel-Password in clear", () => {
  const packet = radius.encode({ code: "Access-Accept", secret, attributes: [["Tunnel-Password", 1, "s3cret"]] });
  expect(packet.toString("latin1")).toContain("s3cret");
});

test("it has no value for an IPv6 address, a prefix or an interface, and does not know an extended attribute", () => {
  for (const name of ["NAS-IPv6-Address", "Framed-IPv6-Prefix", "Framed-Interface-Id"])
    expect(() => radius.encode({ code: "Accounting-Request", secret, attributes: [[name, "::1"]] })).toThrow(/Buffer/);
  expect(radius.attr_name_to_id("IP-Port-Range")).toBeUndefined();
  expect(radius.attr_name_to_id("Framed-IPv6-Address")).toBeUndefined();
});

const header = (length: number) => Buffer.concat([Buffer.of(1, 1, length >> 8, length & 255), Buffer.alloc(16)]);
const throwing: readonly (readonly [string, Buffer])[] = [
  ["three octets", Buffer.alloc(3)],
  ["an attribute of length 0", Buffer.concat([header(22), Buffer.of(1, 0)])],
  ["a number of two octets", Buffer.concat([header(24), Buffer.of(5, 4, 0, 1)])],
  ["half an attribute", Buffer.concat([header(21), Buffer.of(1)])],
];
test.each(throwing)("it throws on %s, where ours gives a reason or the octets", (_, packet) => {
  expect(() => radius.decode({ packet, secret })).toThrow();
  expect(() => decodePacket(packet)).not.toThrow();
});

test("it takes four octets for a packet, and an attribute beyond its end for one that ends there", () => {
  expect(radius.decode({ packet: Buffer.of(1, 1, 0, 4), secret }).code).toBe("Access-Request");
  expect(decodePacket(Buffer.of(1, 1, 0, 4))).toEqual({ ok: false, reason: "shorter-than-header" });
  const overrun = Buffer.concat([header(23), Buffer.of(1, 9, 0x61)]);
  expect(radius.decode({ packet: overrun, secret }).attributes).toEqual({ "User-Name": "a" });
  expect(decodePacket(overrun)).toEqual({ ok: false, reason: "attribute-beyond-packet" });
});
