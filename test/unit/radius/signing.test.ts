import { createHmac, hash } from "node:crypto";
import { expect, test } from "vitest";
import { encodeRequest, encodeResponse } from "../../../src/radius/encode-packet.ts";
import { verifyRequest, verifyResponse } from "../../../src/radius/verify-packet.ts";
import { packetIn } from "../../support/wire.ts";

const secret = Buffer.from("testing123");
const attributes = [{ type: 44, value: Buffer.from("S0000000001") }];
const zeros = Buffer.alloc(16);

/** The signatures of RFC 5176 section 3.4, worked out here step by step and without the code under test. */
function signedByTheBook(octets: Buffer): Buffer {
  const packet = Buffer.from(octets);
  zeros.copy(packet, 4);
  zeros.copy(packet, 22);
  createHmac("md5", secret).update(packet).digest().copy(packet, 22);
  hash("md5", Buffer.concat([packet, secret]), "buffer").copy(packet, 4);
  return packet;
}

test.each([4, 40, 43])(
  "rfc5176-3.4: code %i carries a Message-Authenticator over zeros, then the Request Authenticator over that",
  (code) => {
    const octets = encodeRequest({ code, identifier: 9, attributes, secret, messageAuthenticator: true });
    expect(octets.toString("hex")).toBe(signedByTheBook(octets).toString("hex"));
    expect(verifyRequest(packetIn(octets), secret)).toEqual({ ok: true, hasMessageAuthenticator: true });
  },
);

test("rfc5176-3.4: an answer's Message-Authenticator is computed with the request's authenticator in place", () => {
  const request = packetIn(encodeRequest({ code: 43, identifier: 9, attributes, secret, messageAuthenticator: true }));
  const answer = encodeResponse({
    code: 45,
    request,
    attributes: [{ type: 101, value: Buffer.of(0, 0, 1, 0xf7) }],
    secret,
    messageAuthenticator: true,
  });
  const unsigned = Buffer.from(answer);
  request.authenticator.copy(unsigned, 4);
  zeros.copy(unsigned, 22);
  expect(createHmac("md5", secret).update(unsigned).digest().equals(answer.subarray(22, 38))).toBe(true);
  expect(verifyResponse(packetIn(answer), request, secret)).toEqual({ ok: true, hasMessageAuthenticator: true });
});

test("the Message-Authenticator is the first attribute of what is sent for access (CVE-2024-3596)", () => {
  const authenticator = Buffer.alloc(16, 3);
  const request = encodeRequest({
    code: 1,
    identifier: 1,
    attributes,
    secret,
    authenticator,
    messageAuthenticator: true,
  });
  expect(request[20]).toBe(80);
  const answer = encodeResponse({
    code: 2,
    request: packetIn(request),
    attributes,
    secret,
    messageAuthenticator: true,
  });
  expect(answer[20]).toBe(80);
});

test("an Accounting-Response is accepted with a Message-Authenticator over zeros, as FreeRADIUS sends it", () => {
  const request = packetIn(encodeRequest({ code: 4, identifier: 2, attributes, secret, messageAuthenticator: false }));
  const octets = Buffer.concat([Buffer.of(5, 2, 0, 38), request.authenticator, Buffer.of(80, 18), zeros]);
  const overZeros = Buffer.from(octets);
  zeros.copy(overZeros, 4);
  createHmac("md5", secret).update(overZeros).digest().copy(octets, 22);
  hash("md5", Buffer.concat([octets, secret]), "buffer").copy(octets, 4);
  expect(verifyResponse(packetIn(octets), request, secret)).toEqual({ ok: true, hasMessageAuthenticator: true });
});

test("an answer of another kind, or to another identifier, answers nothing", () => {
  const request = packetIn(encodeRequest({ code: 43, identifier: 9, attributes, secret, messageAuthenticator: true }));
  const answerTo = (code: number) =>
    packetIn(encodeResponse({ code, request, attributes: [], secret, messageAuthenticator: false }));
  expect(verifyResponse(answerTo(41), request, secret)).toEqual({ ok: false, reason: "wrong-code" });
  expect(verifyResponse(answerTo(44), { ...request, identifier: 8 }, secret)).toEqual({
    ok: false,
    reason: "wrong-identifier",
  });
});

test("an Access-Request without Message-Authenticator proves nothing, and says so", () => {
  const octets = encodeRequest({
    code: 1,
    identifier: 1,
    attributes,
    secret,
    authenticator: zeros,
    messageAuthenticator: false,
  });
  expect(verifyRequest(packetIn(octets), Buffer.from("another secret"))).toEqual({
    ok: true,
    hasMessageAuthenticator: false,
  });
});

test("what does not fit on the wire is refused before it is sent", () => {
  const encode = (size: number, count: number) =>
    encodeRequest({
      code: 4,
      identifier: 1,
      attributes: Array.from({ length: count }, () => ({ type: 18, value: Buffer.alloc(size) })),
      secret,
      messageAuthenticator: false,
    });
  expect(() => encode(254, 1)).toThrow(expect.objectContaining({ code: "value-too-long" }));
  expect(() => encode(253, 16)).toThrow(expect.objectContaining({ code: "packet-too-long" }));
});
