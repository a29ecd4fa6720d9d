import { expect, test } from "vitest";
import { checkRequest, isPlainLogin } from "../../../src/listener/authentic-request.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { integer } from "../../support/radius-peer.ts";
import { packetIn } from "../../support/wire.ts";
import { nasOf } from "../coa/vendor-requests.ts";

const octets = (type: number, hex: string): RawAttribute => ({ type, value: Buffer.from(hex, "hex") });
const request = (attributes: readonly RawAttribute[]) =>
  packetIn(
    encodeRequest({
      code: Code.AccessRequest,
      identifier: 1,
      secret: Buffer.from("testing123"),
      authenticator: Buffer.alloc(16, 1),
      messageAuthenticator: true,
      attributes,
    }),
  );

test.each([
  ["PAP", true, [octets(2, "00".repeat(16))]],
  ["CHAP", true, [octets(3, "00".repeat(17))]],
  ["MS-CHAP", true, [octets(26, `0000013701${"34"}${"00".repeat(50)}`)]],
  ["MS-CHAPv2", true, [octets(26, `0000013719${"34"}${"00".repeat(50)}`)]],
  ["EAP", false, [octets(79, "020100060161")]],
  ["EAP beside a password", false, [octets(2, "00".repeat(16)), octets(79, "020100060161")]],
  ["Authorize Only (RFC 5176 section 3)", false, [integer(6, 17), octets(24, "01")]],
] as const)("%s is a login that needs no Message-Authenticator: %s", (_, isPlain, attributes) => {
  expect(isPlainLogin(request(attributes))).toBe(isPlain);
});

test("a NAS with an identifier is not taken for one that calls itself otherwise, also where it is alone at its address", () => {
  const named = { ...nasOf({ vendor: "generic" }), identifier: "bng-a" };
  const from = (...attributes: RawAttribute[]) => checkRequest(request(attributes), [named], () => false);
  expect(from({ type: 32, value: Buffer.from("bng-a") })).toMatchObject({ ok: true, nas: { id: "bng1" } });
  expect(from()).toMatchObject({ ok: true, nas: { id: "bng1" } });
  expect(from({ type: 32, value: Buffer.from("bng-b") })).toEqual({ ok: false, reason: "unknown-nas" });
});
