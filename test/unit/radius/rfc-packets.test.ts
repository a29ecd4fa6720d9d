import { expect, test } from "vitest";
import { firstValue } from "../../../src/radius/attribute-values.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { encodeRequest, encodeResponse } from "../../../src/radius/encode-packet.ts";
import type { Packet } from "../../../src/radius/packet.ts";
import { decryptUserPassword, encryptUserPassword } from "../../../src/radius/user-password.ts";
import { verifyResponse } from "../../../src/radius/verify-packet.ts";

const hex = (text: string) => Buffer.from(text.replace(/\s+/g, ""), "hex");
const secret = Buffer.from("xyzzy5461");

function packetOf(octets: Buffer): Packet {
  const decoded = decodePacket(octets);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}

const examples = [
  {
    section: "rfc2865-7.1",
    request: `01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d 93 d4 13 ce
      31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03`,
    response: `02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00
      0e 06 c0 a8 01 03`,
  },
  {
    section: "rfc2865-7.2",
    request: `01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9 75 57 c3 16
      18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 07 06 00 00 00 01`,
    response: `02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0 3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01
      08 06 ff ff ff fe 0a 06 00 00 00 02 0d 06 00 00 00 01 0c 06 00 00 05 dc`,
  },
] as const;

test.each(examples)(
  "$section: the response is authentic for its request, and for no other",
  ({ request, response }) => {
    const asked = packetOf(hex(request));
    const answer = packetOf(hex(response));
    expect(verifyResponse(answer, asked, secret)).toEqual({ ok: true, hasMessageAuthenticator: false });
    expect(verifyResponse(answer, asked, Buffer.from("xyzzy5462"))).toEqual({ ok: false, reason: "bad-authenticator" });
    const other = { ...asked, authenticator: Buffer.alloc(16) };
    expect(verifyResponse(answer, other, secret)).toEqual({ ok: false, reason: "bad-authenticator" });
  },
);

test.each(examples)("$section: encoding the same attributes gives the same octets", ({ request, response }) => {
  const asked = packetOf(hex(request));
  const answer = packetOf(hex(response));
  const again = encodeRequest({ ...asked, secret, messageAuthenticator: false });
  expect(again.toString("hex")).toBe(hex(request).toString("hex"));
  const answered = encodeResponse({ ...answer, request: asked, secret, messageAuthenticator: false });
  expect(answered.toString("hex")).toBe(hex(response).toString("hex"));
});

test("rfc2865-7.1: User-Password hides arctangent", () => {
  const asked = packetOf(hex(examples[0].request));
  const hidden = firstValue(asked, 2) ?? Buffer.alloc(0);
  const hiding = { secret, authenticator: asked.authenticator };
  expect(decryptUserPassword(hidden, hiding)?.toString()).toBe("arctangent");
  expect(encryptUserPassword(Buffer.from("arctangent"), hiding).equals(hidden)).toBe(true);
});
