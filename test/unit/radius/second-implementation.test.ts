import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import type { TheirAttribute } from "radius";
import { describe, expect, test } from "vitest";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encodeRequest, encodeResponse } from "../../../src/radius/encode-packet.ts";
import { verifyRequest, verifyResponse } from "../../../src/radius/verify-packet.ts";
import { shippedDictionary as dictionary, packetIn } from "../../support/wire.ts";
import { secondImplementation as radius } from "./second-implementation.ts";
import {
  asTheyDecode,
  asTheyEncode,
  forThemToEncode,
  inTheirWords,
  lists,
  shared,
  valuesOf,
} from "./shared-attributes.ts";

/*
 * npm's `radius` shares no code with ours. It is compared with for the part that it gets right: text, octets, numbers,
 * dates and IPv4 addresses, tags, vendors of the common layout, User-Password; the signatures of requests and answers,
 * and the Message-Authenticator of Access and Status-Server.
 */
const secret = "testing123";
const secretOctets = Buffer.from(secret);

const codes = { 1: "Access-Request", 4: "Accounting-Request", 40: "Disconnect-Request", 43: "CoA-Request" } as const;
type RequestCode = keyof typeof codes;
const anyCode = fc.constantFrom<RequestCode>(1, 4, 40, 43);
/** It computes a Message-Authenticator wrongly but for Access and Status-Server. */
const canSign = (code: number): boolean => code === 1 || code === 12;
const anyAuthenticator = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((all) => Buffer.from(all));

test("hundreds of attributes are shared, of RFCs and of every vendor that both know", () => {
  expect(shared.length).toBeGreaterThan(500);
  const vendors = new Set(shared.map(({ vendor }) => vendor?.name));
  expect([...vendors].sort()).toEqual(["ADSL-Forum", "Cisco", "ERX", "Huawei", "Mikrotik", "WISPr", undefined]);
  const types = new Set(shared.map(({ type }) => type));
  expect([...types].sort()).toEqual(["date", "integer", "ipaddr", "octets", "string"]);
  expect(shared.filter(({ hasTag }) => hasTag).length).toBeGreaterThan(15);
});

describe("requests", () => {
  test("what ours encodes, the second implementation finds authentic and reads the same", () => {
    fc.assert(
      fc.property(
        anyCode,
        fc.nat(255),
        anyAuthenticator,
        lists,
        fc.boolean(),
        (code, identifier, authenticator, list, isSigned) => {
          const raw = encodeAttributes(dictionary, list, { secret: secretOctets, authenticator });
          const messageAuthenticator = isSigned && canSign(code);
          const packet = encodeRequest({
            code,
            identifier,
            attributes: raw,
            secret: secretOctets,
            authenticator,
            messageAuthenticator,
          });
          const { attributes, ...decoded } = radius.decode({ packet, secret });
          const { "Message-Authenticator": _, ...others } = attributes;
          expect(decoded).toMatchObject({ code: codes[code], identifier });
          expect(others).toEqual(asTheyDecode(list));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("what the second implementation encodes, ours finds authentic and reads the same", () => {
    fc.assert(
      fc.property(anyCode, fc.nat(255), forThemToEncode, fc.boolean(), (code, identifier, list, isSigned) => {
        const add = isSigned && canSign(code);
        const attributes = list.map(asTheyEncode);
        const packet = packetIn(
          radius.encode({ code: codes[code], identifier, secret, attributes, add_message_authenticator: add }),
        );
        expect(packet).toMatchObject({ code, identifier });
        expect(verifyRequest(packet, secretOctets)).toEqual({ ok: true, hasMessageAuthenticator: add });
        const { authenticator } = packet;
        const decoded = decodeAttributes(dictionary, packet.attributes, { secret: secretOctets, authenticator });
        expect(decoded.filter(({ name }) => name !== "Message-Authenticator")).toEqual(list);
      }),
      { numRuns: 500 },
    );
  });

  test("several attributes that it puts into one Vendor-Specific are all read", () => {
    const cisco = shared.filter(({ vendor }) => vendor?.name === "Cisco");
    const ofCisco = fc
      .constantFrom(...cisco)
      .chain((definition) => fc.record({ name: fc.constant(definition.name), value: valuesOf(definition) }));
    fc.assert(
      fc.property(fc.array(ofCisco, { minLength: 2, maxLength: 3 }), (list) => {
        const inner = list.map((attribute): TheirAttribute => [attribute.name, inTheirWords(attribute)]);
        const attributes: TheirAttribute[] = [["Vendor-Specific", 9, inner]];
        const packet = packetIn(radius.encode({ code: "Accounting-Request", secret, attributes }));
        expect(packet.attributes).toHaveLength(1);
        const secrets = { secret: secretOctets, authenticator: packet.authenticator };
        expect(decodeAttributes(dictionary, packet.attributes, secrets)).toEqual(list);
      }),
    );
  });

  test("a Status-Server of either is authentic to the other", () => {
    fc.assert(
      fc.property(fc.nat(255), anyAuthenticator, (identifier, authenticator) => {
        const query = {
          code: 12,
          identifier,
          attributes: [],
          secret: secretOctets,
          authenticator,
          messageAuthenticator: true,
        };
        expect(radius.decode({ packet: encodeRequest(query), secret })).toMatchObject({
          code: "Status-Server",
          identifier,
        });
        const theirs = packetIn(radius.encode({ code: "Status-Server", identifier, secret, authenticator }));
        expect(verifyRequest(theirs, secretOctets)).toEqual({ ok: true, hasMessageAuthenticator: true });
        expect(theirs.octets).toEqual(encodeRequest(query));
      }),
    );
  });

  test("with another secret, neither finds the other's authentic", () => {
    const attributes = [{ type: 1, value: Buffer.from("a") }];
    for (const code of [4, 40, 43] as const) {
      const ours = encodeRequest({
        code,
        identifier: 1,
        attributes,
        secret: secretOctets,
        messageAuthenticator: false,
      });
      expect(() => radius.decode({ packet: ours, secret: "another" })).toThrow(/authenticator mismatch/);
      const theirs = packetIn(radius.encode({ code: codes[code], secret, attributes: [["User-Name", "a"]] }));
      expect(verifyRequest(theirs, Buffer.from("another"))).toEqual({ ok: false, reason: "bad-authenticator" });
    }
  });
});

test("both hide a User-Password of any length alike", () => {
  const password = fc
    .string({ unit: fc.constantFrom(..."abcdefghij0123456789@.-_ äß€"), minLength: 1, maxLength: 128 })
    .filter((all) => Buffer.byteLength(all) <= 128);
  fc.assert(
    fc.property(password, anyAuthenticator, (value, authenticator) => {
      const secrets = { secret: secretOctets, authenticator };
      const raw = encodeAttributes(dictionary, [{ name: "User-Password", value }], secrets);
      const request = {
        code: 1,
        identifier: 1,
        attributes: raw,
        secret: secretOctets,
        authenticator,
        messageAuthenticator: false,
      };
      const packet = encodeRequest(request);
      const attributes: TheirAttribute[] = [["User-Password", value]];
      expect(radius.encode({ code: "Access-Request", identifier: 1, secret, authenticator, attributes })).toEqual(
        packet,
      );
      expect(decodeAttributes(dictionary, packetIn(packet).attributes, secrets)).toEqual([
        { name: "User-Password", value },
      ]);
      expect(radius.decode({ packet, secret }).attributes["User-Password"]).toBe(value);
    }),
  );
});

describe("answers", () => {
  const answers: readonly (readonly [request: RequestCode, response: number, name: string])[] = [
    [1, 2, "Access-Accept"],
    [1, 3, "Access-Reject"],
    [1, 11, "Access-Challenge"],
    [4, 5, "Accounting-Response"],
    [40, 41, "Disconnect-ACK"],
    [40, 42, "Disconnect-NAK"],
    [43, 44, "CoA-ACK"],
    [43, 45, "CoA-NAK"],
  ];
  const requestOf = (code: RequestCode, isSigned: boolean) =>
    encodeRequest({
      code,
      identifier: 7,
      attributes: [{ type: 1, value: Buffer.from("alice") }],
      secret: secretOctets,
      authenticator: Buffer.alloc(16, 3),
      messageAuthenticator: isSigned && canSign(code),
    });

  test.each(answers)("to %i: what ours signs as %i, the second implementation finds authentic", (asked, code) => {
    fc.assert(
      fc.property(lists, fc.boolean(), (list, isSigned) => {
        const request = requestOf(asked, isSigned);
        const { authenticator } = packetIn(request);
        const attributes = encodeAttributes(dictionary, list, { secret: secretOctets, authenticator });
        const messageAuthenticator = isSigned && canSign(asked);
        const response = encodeResponse({
          code,
          request: packetIn(request),
          attributes,
          secret: secretOctets,
          messageAuthenticator,
        });
        expect(radius.verify_response({ request, response, secret })).toBe(true);
        expect(radius.verify_response({ request, response, secret: "other" })).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test.each(answers)("to %i: what the second implementation signs as %i, ours finds authentic", (asked, code, name) => {
    fc.assert(
      fc.property(forThemToEncode, fc.boolean(), (list, isSigned) => {
        const request = requestOf(asked, isSigned);
        const packet = radius.decode({ packet: request, secret });
        const answer = packetIn(
          radius.encode_response({ packet, code: name, secret, attributes: list.map(asTheyEncode) }),
        );
        expect(answer.code).toBe(code);
        const hasMessageAuthenticator = isSigned && canSign(asked);
        expect(verifyResponse(answer, packetIn(request), secretOctets)).toEqual({ ok: true, hasMessageAuthenticator });
        const secrets = { secret: secretOctets, authenticator: packetIn(request).authenticator };
        const decoded = decodeAttributes(dictionary, answer.attributes, secrets);
        expect(decoded.filter((one) => one.name !== "Message-Authenticator")).toEqual(list);
      }),
      { numRuns: 30 },
    );
  });
});

describe("packets that equipment sent, with the secret that npm's `radius` has for them", () => {
  const folder = join(dirname(createRequire(import.meta.url).resolve("radius/package.json")), "test/captures");
  const sent = ["aruba_mac_auth", "cisco_mac_auth", "cisco_accounting", "motorola_accounting"] as const;
  test.each(sent)("%s is authentic to both, and both read the same", (name) => {
    const octets = readFileSync(join(folder, `${name}.packet`));
    const packet = packetIn(octets);
    const hiding = { secret: Buffer.from("nearbuy"), authenticator: packet.authenticator };
    expect(verifyRequest(packet, hiding.secret).ok).toBe(true);
    const { "Vendor-Specific": _, ...theirs } = radius.decode({ packet: octets, secret: "nearbuy" }).attributes;
    const ours = decodeAttributes(dictionary, packet.attributes, hiding).filter((one) =>
      dictionary.attribute(one.name),
    );
    // A tag of zero is none to us.
    const tagless = Object.entries(theirs).map(([key, value]) => [
      key,
      Array.isArray(value) && value[0] === 0 ? value[1] : value,
    ]);
    expect(asTheyDecode(ours.filter((one) => !dictionary.attribute(one.name)?.vendor))).toEqual(
      Object.fromEntries(tagless),
    );
  });
});
