import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import { verifyRequest, verifyResponse } from "../../../src/radius/verify-packet.ts";
import { hex, packetIn, shippedDictionary } from "../../support/wire.ts";

const secret = Buffer.from("testing123");
const header = (length: number) => Buffer.concat([Buffer.of(4, 1, length >> 8, length & 255), Buffer.alloc(16)]);

const malformed: readonly (readonly [string, Buffer, string])[] = [
  ["an empty datagram", Buffer.alloc(0), "shorter-than-header"],
  ["19 octets", Buffer.alloc(19), "shorter-than-header"],
  ["a Length of 19", header(19), "length-below-minimum"],
  ["a Length of 4097", Buffer.concat([header(4097), Buffer.alloc(4097)]), "length-above-maximum"],
  ["a Length beyond the datagram", header(21), "length-beyond-datagram"],
  ["one octet where an attribute should be", Buffer.concat([header(21), Buffer.of(1)]), "attribute-header-cut"],
  ["an attribute of length 0", Buffer.concat([header(22), Buffer.of(1, 0)]), "attribute-length-below-two"],
  ["an attribute of length 1", Buffer.concat([header(22), Buffer.of(1, 1)]), "attribute-length-below-two"],
  ["an attribute past the end", Buffer.concat([header(23), Buffer.of(1, 4, 0)]), "attribute-beyond-packet"],
  [
    "a Message-Authenticator of 15 octets",
    Buffer.concat([header(37), Buffer.of(80, 17), Buffer.alloc(15)]),
    "message-authenticator-length",
  ],
  [
    "two Message-Authenticators",
    Buffer.concat([header(56), Buffer.of(80, 18), Buffer.alloc(16), Buffer.of(80, 18), Buffer.alloc(16)]),
    "message-authenticator-repeated",
  ],
];

test.each(malformed)("%s is refused with its own reason", (_, datagram, reason) => {
  expect(decodePacket(datagram)).toEqual({ ok: false, reason });
});

test("octets after Length are padding: neither read nor signed", () => {
  const octets = encodeRequest({
    code: 4,
    identifier: 7,
    attributes: [{ type: 1, value: Buffer.from("a") }],
    secret,
    messageAuthenticator: false,
  });
  const packet = packetIn(Buffer.concat([octets, hex("ffff")]));
  expect(packet.octets.length).toBe(octets.length);
  expect(verifyRequest(packet, secret).ok).toBe(true);
});

test("an attribute with no value at all is kept", () => {
  expect(packetIn(Buffer.concat([header(22), Buffer.of(24, 2)])).attributes).toEqual([
    { type: 24, value: Buffer.alloc(0) },
  ]);
});

const rawAttribute = fc.record({
  type: fc.integer({ min: 1, max: 255 }).filter((type) => type !== 80),
  value: fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets)),
});

test("whatever is sent is read back octet for octet, unknown attributes too", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 4, 40, 43),
      fc.nat(255),
      fc.array(rawAttribute, { maxLength: 30 }),
      fc.boolean(),
      (code, identifier, attributes, messageAuthenticator) => {
        const authenticator = Buffer.alloc(16, 9);
        const octets = encodeRequest({ code, identifier, attributes, secret, authenticator, messageAuthenticator });
        const packet = packetIn(octets);
        expect(verifyRequest(packet, secret)).toEqual({ ok: true, hasMessageAuthenticator: messageAuthenticator });
        expect(packet.attributes.filter(({ type }) => type !== 80)).toEqual(attributes);
      },
    ),
  );
});

const sample = encodeRequest({
  code: 43,
  identifier: 1,
  attributes: [
    { type: 44, value: Buffer.from("S1") },
    { type: 26, value: hex("0000130a 41090167617264656e") },
    { type: 241, value: hex("05 0106 00000001") },
    { type: 245, value: hex("1a 00 00000009 01 ff") },
  ],
  secret,
  messageAuthenticator: true,
});

test("cut at any octet, the result is a reason, never an exception", () => {
  for (let length = 0; length < sample.length; length += 1)
    expect(decodePacket(sample.subarray(0, length)).ok).toBe(false);
});

test("with any single bit changed, a signed request is never taken for authentic", () => {
  for (let bit = 0; bit < sample.length * 8; bit += 1) {
    const changed = Buffer.from(sample);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const decoded = decodePacket(changed);
    const isTaken = decoded.ok && decoded.packet.code === 43 && verifyRequest(decoded.packet, secret).ok;
    expect(isTaken).toBe(false);
  }
});

test("random octets never throw: not in decoding, not in checking, not in reading attributes", () => {
  const secrets = { secret, authenticator: Buffer.alloc(16) };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (random, hasRightLength) => {
      const octets = Buffer.from(random);
      if (hasRightLength && octets.length >= 20) octets.writeUInt16BE(octets.length, 2);
      const decoded = decodePacket(octets);
      if (!decoded.ok) return;
      verifyRequest(decoded.packet, secret);
      verifyResponse(
        decoded.packet,
        { code: 43, identifier: decoded.packet.identifier, authenticator: Buffer.alloc(16) },
        secret,
      );
      decodeAttributes(shippedDictionary, decoded.packet.attributes, secrets);
    }),
    { numRuns: 3_000 },
  );
});

test("random attributes of every type are read without an exception, and none is lost", () => {
  const secrets = { secret, authenticator: Buffer.alloc(16) };
  const anyAttribute = fc.record({
    type: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(26, 26, 26, 241, 242, 245, 246, 69, 92, 79)),
    value: fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets)),
  });
  fc.assert(
    fc.property(fc.array(anyAttribute, { maxLength: 12 }), (attributes) => {
      const decoded = decodeAttributes(shippedDictionary, attributes, secrets);
      if (attributes.some(({ type, value }) => type !== 92 && value.length > 0))
        expect(decoded.length).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});
