import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readMethod } from "../../../src/authorization/access-method.ts";
import { isCorrectPassword } from "../../../src/authorization/check-password.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import type { Packet, RawAttribute } from "../../../src/radius/packet.ts";
import { encryptUserPassword } from "../../../src/radius/user-password.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const rfcSecret = Buffer.from("xyzzy5461");

function packetOf(octets: Buffer): Packet {
  const decoded = decodePacket(octets);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}

const authenticator = hex("000102030405060708090a0b0c0d0e0f");
const packetWith = (attributes: readonly RawAttribute[]): Packet => ({
  code: 1,
  identifier: 1,
  authenticator,
  attributes,
  octets: Buffer.alloc(20),
});
const microsoft = (type: number, value: Buffer): RawAttribute => ({
  type: 26,
  value: Buffer.concat([Buffer.of(0, 0, 1, 0x37, type, value.length + 2), value]),
});

describe("PAP", () => {
  // RFC 2865 section 7.1: user nemo, password arctangent.
  const nemo = packetOf(
    hex(`01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d 93 d4 13 ce
         31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03`),
  );
  test("rfc2865-7.1: the password is recovered and compared", () => {
    const method = readMethod(nemo, rfcSecret);
    expect(isCorrectPassword(method, "arctangent", Buffer.from("nemo"))).toBe(true);
    expect(isCorrectPassword(method, "arctangen", Buffer.from("nemo"))).toBe(false);
    expect(isCorrectPassword(method, "arctangentt", Buffer.from("nemo"))).toBe(false);
  });
  test("with another secret the password is another one", () => {
    expect(isCorrectPassword(readMethod(nemo, Buffer.from("other")), "arctangent", Buffer.from("nemo"))).toBe(false);
  });
  test("a password outside ASCII is compared as UTF-8", () => {
    const hiding = { secret: rfcSecret, authenticator };
    const value = encryptUserPassword(Buffer.from("pässword"), hiding);
    const method = readMethod(packetWith([{ type: 2, value }]), rfcSecret);
    expect(isCorrectPassword(method, "pässword", Buffer.alloc(0))).toBe(true);
  });
  test.each([0, 1, 15, 17, 144])("a User-Password of %i octets is none", (octets) => {
    const packet = packetWith([{ type: 2, value: Buffer.alloc(octets) }]);
    expect(readMethod(packet, rfcSecret)).toEqual({ kind: "unusable" });
  });
});

describe("CHAP", () => {
  // RFC 2865 section 7.2: user flopsy, whose password is that of the section before.
  const flopsy = packetOf(
    hex(`01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9 75 57 c3 16
         18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 07 06 00 00 00 01`),
  );
  test("rfc2865-7.2: the Request Authenticator is the challenge", () => {
    const method = readMethod(flopsy, rfcSecret);
    expect(isCorrectPassword(method, "arctangent", Buffer.from("flopsy"))).toBe(true);
    expect(isCorrectPassword(method, "bunny", Buffer.from("flopsy"))).toBe(false);
  });
  test("CHAP-Challenge comes before the Request Authenticator, whatever its length", () => {
    const challenge = Buffer.from("a challenge of another length");
    const response = createHash("md5").update(Buffer.of(7)).update("secret").update(challenge).digest();
    const chap = { type: 3, value: Buffer.concat([Buffer.of(7), response]) };
    const method = readMethod(packetWith([chap, { type: 60, value: challenge }]), rfcSecret);
    expect(isCorrectPassword(method, "secret", Buffer.alloc(0))).toBe(true);
    expect(isCorrectPassword(readMethod(packetWith([chap]), rfcSecret), "secret", Buffer.alloc(0))).toBe(false);
  });
  test.each([0, 1, 16, 18])("a CHAP-Password of %i octets is none", (octets) => {
    const packet = packetWith([{ type: 3, value: Buffer.alloc(octets) }]);
    expect(readMethod(packet, rfcSecret).kind).toBe("unusable");
  });
});

describe("MS-CHAPv2", () => {
  const challenge = microsoft(11, hex("5B 5D 7C 7D 7B 3F 2F 3E 3C 2C 60 21 32 26 26 28"));
  const response = Buffer.concat([
    Buffer.of(5, 0),
    hex("21 40 23 24 25 5E 26 2A 28 29 5F 2B 3A 33 7C 7E"),
    Buffer.alloc(8),
    hex("82 30 9E CD 8D 70 8B 5E A0 8F AA 39 81 CD 83 54 42 33 11 4A 3D 85 D6 DF"),
  ]);
  test("rfc2759-9.2: the response proves the password for this user name", () => {
    const method = readMethod(packetWith([challenge, microsoft(25, response)]), rfcSecret);
    expect(isCorrectPassword(method, "clientPass", Buffer.from("User"))).toBe(true);
    expect(isCorrectPassword(method, "clientPass", Buffer.from("user"))).toBe(false);
    expect(isCorrectPassword(method, "clientpass", Buffer.from("User"))).toBe(false);
  });
  test("without a challenge, or with one or a response of a wrong length, there is no method", () => {
    for (const attributes of [
      [microsoft(25, response)],
      [microsoft(11, Buffer.alloc(8)), microsoft(25, response)],
      [challenge, microsoft(25, response.subarray(0, 49))],
      [challenge, microsoft(25, Buffer.alloc(0))],
    ])
      expect(readMethod(packetWith(attributes), rfcSecret)).toEqual({ kind: "unusable" });
  });
  test("version 1 is not served", () => {
    const packet = packetWith([microsoft(11, Buffer.alloc(8)), microsoft(1, Buffer.alloc(50))]);
    expect(readMethod(packet, rfcSecret)).toEqual({ kind: "unusable" });
  });
});

describe("EAP", () => {
  test("is recognised before anything else, by its joined fragments", () => {
    const packet = packetWith([
      { type: 2, value: Buffer.alloc(16) },
      { type: 79, value: hex("02 2a") },
      { type: 79, value: hex("00 06 01 61") },
    ]);
    expect(readMethod(packet, rfcSecret)).toEqual({ kind: "eap", identifier: 0x2a });
  });
  test("a message too short for a header is none", () => {
    expect(readMethod(packetWith([{ type: 79, value: hex("022a00") }]), rfcSecret).kind).toBe("unusable");
  });
});

test("a request without any credential has no method", () => {
  expect(readMethod(packetWith([{ type: 1, value: Buffer.from("nemo") }]), rfcSecret)).toEqual({ kind: "unusable" });
});
