import fc from "fast-check";
import radius from "radius";
import { expect, test } from "vitest";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import { verifyRequest, verifyResponse } from "../../../src/radius/verify-packet.ts";
import { shippedDictionary as dictionary, packetIn } from "../../support/wire.ts";

/*
 * npm's `radius` shares no code with ours. It is compared with for the part that it gets right: text, numbers and IPv4
 * addresses of RFC 2865 and 2866 without tags, in Accounting-Requests and in Access-Requests with User-Password.
 */
const secret = "testing123";
const secretOctets = Buffer.from(secret);

const text = fc.string({ unit: fc.constantFrom(..."abcdefghij0123456789@.-_ "), minLength: 1, maxLength: 60 });
const number = fc.nat(0x7fffffff);
const ipv4 = fc.ipV4();

const attributes = fc.record({
  "User-Name": text,
  "Acct-Session-Id": text,
  "NAS-Port": number,
  "Acct-Session-Time": number,
  "Framed-IP-Address": ipv4,
  "Calling-Station-Id": text,
});

test("what the second implementation encodes for accounting, ours finds authentic and reads the same", () => {
  fc.assert(
    fc.property(attributes, fc.nat(255), (values, identifier) => {
      const octets = radius.encode({
        code: "Accounting-Request",
        identifier,
        secret,
        attributes: Object.entries(values),
      });
      const packet = packetIn(octets);
      expect(verifyRequest(packet, secretOctets)).toEqual({ ok: true, hasMessageAuthenticator: false });
      const decoded = decodeAttributes(dictionary, packet.attributes, {
        secret: secretOctets,
        authenticator: packet.authenticator,
      });
      expect(Object.fromEntries(decoded.map(({ name, value }) => [name, value]))).toEqual(values);
    }),
  );
});

test("what ours encodes for accounting, the second implementation finds authentic and reads the same", () => {
  fc.assert(
    fc.property(attributes, fc.nat(255), (values, identifier) => {
      const list = Object.entries(values).map(([name, value]) => ({ name, value }));
      const raw = encodeAttributes(dictionary, list, { secret: secretOctets, authenticator: Buffer.alloc(16) });
      const octets = encodeRequest({
        code: 4,
        identifier,
        attributes: raw,
        secret: secretOctets,
        messageAuthenticator: false,
      });
      const decoded = radius.decode({ packet: octets, secret });
      expect(decoded.identifier).toBe(identifier);
      expect(decoded.attributes).toEqual(values);
    }),
  );
});

test("both hide a User-Password alike", () => {
  fc.assert(
    fc.property(text, text, fc.uint8Array({ minLength: 16, maxLength: 16 }), (name, password, random) => {
      const authenticator = Buffer.from(random);
      const list = [
        { name: "User-Name", value: name },
        { name: "User-Password", value: password },
      ];
      const raw = encodeAttributes(dictionary, list, { secret: secretOctets, authenticator });
      const octets = encodeRequest({
        code: 1,
        identifier: 1,
        attributes: raw,
        secret: secretOctets,
        authenticator,
        messageAuthenticator: false,
      });
      expect(radius.decode({ packet: octets, secret }).attributes["User-Password"]).toBe(password);
      const theirs = packetIn(
        radius.encode({
          code: "Access-Request",
          identifier: 1,
          secret,
          attributes: list.map((one) => [one.name, one.value]),
        }),
      );
      const read = decodeAttributes(dictionary, theirs.attributes, {
        secret: secretOctets,
        authenticator: theirs.authenticator,
      });
      expect(read.find((one) => one.name === "User-Password")?.value).toBe(password);
    }),
  );
});

test("an answer that the second implementation signs, ours finds authentic", () => {
  const octets = radius.encode({ code: "Accounting-Request", identifier: 3, secret, attributes: [["User-Name", "a"]] });
  const answer = radius.encode_response({
    packet: radius.decode({ packet: octets, secret }),
    code: "Accounting-Response",
    secret,
  });
  expect(verifyResponse(packetIn(answer), packetIn(octets), secretOctets)).toEqual({
    ok: true,
    hasMessageAuthenticator: false,
  });
});
