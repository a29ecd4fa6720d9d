import { expect, test } from "vitest";
import { formatAttribute } from "../../../src/radius/attribute-text.ts";
import { firstValue } from "../../../src/radius/attribute-values.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeRequest, encodeResponse } from "../../../src/radius/encode-packet.ts";
import { decryptUserPassword, encryptUserPassword } from "../../../src/radius/user-password.ts";
import { verifyRequest, verifyResponse } from "../../../src/radius/verify-packet.ts";
import { shippedDictionary as dictionary, hex, packetIn as packetOf } from "../../support/wire.ts";
import { rfcDisconnects, rfcExchanges, rfcStatusQueries } from "./rfc-packets.ts";

const secret = Buffer.from("xyzzy5461");

test.each(rfcExchanges)(
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

test.each(rfcExchanges)("$section: encoding the same attributes gives the same octets", ({ request, response }) => {
  const asked = packetOf(hex(request));
  const answer = packetOf(hex(response));
  const again = encodeRequest({ ...asked, secret, messageAuthenticator: false });
  expect(again.toString("hex")).toBe(hex(request).toString("hex"));
  const answered = encodeResponse({ ...answer, request: asked, secret, messageAuthenticator: false });
  expect(answered.toString("hex")).toBe(hex(response).toString("hex"));
});

test.each([
  ["rfc2865-7.1", 0, "arctangent"],
  ["rfc2865-7.3, the challenge", 2, "challenge"],
  ["rfc2865-7.3, the wrong response", 3, "99101462"],
] as const)("%s: User-Password hides the password", (_, example, password) => {
  const asked = packetOf(hex(rfcExchanges[example].request));
  const hidden = firstValue(asked, 2) ?? Buffer.alloc(0);
  const hiding = { secret, authenticator: asked.authenticator };
  expect(decryptUserPassword(hidden, hiding)?.toString()).toBe(password);
  expect(encryptUserPassword(Buffer.from(password), hiding).equals(hidden)).toBe(true);
});

test.each(rfcStatusQueries)("$section: query and answer are authentic", ({ request, response }) => {
  const asked = packetOf(hex(request));
  expect(verifyRequest(asked, secret)).toEqual({ ok: true, hasMessageAuthenticator: true });
  expect(verifyRequest(asked, Buffer.from("wrong"))).toEqual({ ok: false, reason: "bad-message-authenticator" });
  expect(verifyResponse(packetOf(hex(response)), asked, secret)).toMatchObject({ ok: true });
});

test.each(rfcDisconnects)("rfc5176-7: a Disconnect-Request with %s %s", (name, value, octets) => {
  const { code, attributes, authenticator } = packetOf(hex(octets));
  expect(code).toBe(40);
  expect(decodeAttributes(dictionary, attributes, { secret, authenticator })).toEqual([{ name, value }]);
});

/** What the RFC lists beside the octets; of Framed-Routing it lists None (0), where 2 stands. */
const listed: Readonly<Record<string, readonly [request: readonly string[], response: readonly string[]]>> = {
  "rfc2865-7.1": [
    ['User-Name = "nemo"', 'User-Password = "arctangent"', "NAS-IP-Address = 192.168.1.16", "NAS-Port = 3"],
    ["Service-Type = Login-User", "Login-Service = Telnet", "Login-IP-Host = 192.168.1.3"],
  ],
  "rfc2865-7.2": [
    [
      'User-Name = "flopsy"',
      "CHAP-Password = 0x16e97557c316185895f293ff6344077275",
      "NAS-IP-Address = 192.168.1.16",
      "NAS-Port = 20",
      "Service-Type = Framed-User",
      "Framed-Protocol = PPP",
    ],
    [
      "Service-Type = Framed-User",
      "Framed-Protocol = PPP",
      "Framed-IP-Address = 255.255.255.254",
      "Framed-Routing = Listen",
      "Framed-Compression = Van-Jacobson-TCP-IP",
      "Framed-MTU = 1500",
    ],
  ],
  "rfc2865-7.3, the challenge": [
    ['User-Name = "mopsy"', 'User-Password = "challenge"', "NAS-IP-Address = 192.168.1.16", "NAS-Port = 7"],
    ['Reply-Message = "Challenge 32769430.  Enter response at prompt."', "State = 0x3332373639343330"],
  ],
  "rfc2865-7.3, the wrong response": [
    [
      'User-Name = "mopsy"',
      'User-Password = "99101462"',
      "NAS-IP-Address = 192.168.1.16",
      "NAS-Port = 7",
      "State = 0x3332373639343330",
    ],
    [],
  ],
  "rfc5997-6.1": [["Message-Authenticator = 0x5a665e2e1e8411f3e243822097c84fa3"], []],
  "rfc5997-6.2": [["Message-Authenticator = 0xe8d6eabda910875cd91fdade26367858"], []],
  "rfc5997-6.3": [
    ["NAS-IP-Address = 192.0.2.16", "Message-Authenticator = 0x852d6fec61e7ed74b8e32dac2f2a5fb2"],
    ['Reply-Message = "RADIUS Server up 2 days, 18:40"'],
  ],
};

test.each([...rfcExchanges, ...rfcStatusQueries])(
  "$section: the attributes are those that the RFC lists",
  ({ section, request, response }) => {
    const asked = packetOf(hex(request));
    const secrets = { secret, authenticator: asked.authenticator };
    const shown = [asked, packetOf(hex(response))].map(({ attributes }) =>
      decodeAttributes(dictionary, attributes, secrets).map((attribute) => formatAttribute(dictionary, attribute)),
    );
    expect(shown).toEqual(listed[section]);
  },
);
