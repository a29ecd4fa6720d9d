import { describe, expect, test } from "vitest";
import { mppeKeys } from "../../../src/authorization/mppe-keys.ts";
import {
  authenticatorResponse,
  challengeHash,
  challengeResponse,
  hashNtPasswordHash,
  ntPasswordHash,
} from "../../../src/authorization/ms-chap-v2.ts";
import { desEncrypt } from "../../../src/authorization/single-des.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("rfc2759-9.2", () => {
  const userName = Buffer.from("User");
  const authenticatorChallenge = hex("5B 5D 7C 7D 7B 3F 2F 3E 3C 2C 60 21 32 26 26 28");
  const peerChallenge = hex("21 40 23 24 25 5E 26 2A 28 29 5F 2B 3A 33 7C 7E");
  const challenge = hex("D0 2E 43 86 BC E9 12 26");
  const passwordHash = hex("44 EB BA 8D 53 12 B8 D6 11 47 44 11 F5 69 89 AE");
  const passwordHashHash = hex("41 C0 0C 58 4B D2 D9 1C 40 17 A2 A1 2F A5 9F 3F");
  const ntResponse = hex("82 30 9E CD 8D 70 8B 5E A0 8F AA 39 81 CD 83 54 42 33 11 4A 3D 85 D6 DF");

  test("the 8-octet challenge is the hash of both challenges and the user name", () => {
    expect(challengeHash(peerChallenge, authenticatorChallenge, userName)).toEqual(challenge);
  });
  test("a Windows domain in front of the user name does not enter the challenge", () => {
    expect(challengeHash(peerChallenge, authenticatorChallenge, Buffer.from("CORP\\User"))).toEqual(challenge);
  });
  test("the password hash is MD4 over UTF-16", () => {
    expect(ntPasswordHash("clientPass")).toEqual(passwordHash);
    expect(hashNtPasswordHash(passwordHash)).toEqual(passwordHashHash);
  });
  test("the NT-Response", () => {
    expect(challengeResponse(challenge, passwordHash)).toEqual(ntResponse);
  });
  test("the authenticator response", () => {
    expect(authenticatorResponse(passwordHashHash, ntResponse, challenge)).toBe(
      "S=407A5589115FD0D6209F510FE9C04566932CDA56",
    );
  });
  test("rfc3079-3.5.3: the 128-bit send start key", () => {
    expect(mppeKeys(passwordHashHash, ntResponse).send).toEqual(hex("8B 7C DC 14 9B 99 3A 1B A1 18 CB 15 3F 56 DC CB"));
  });
  test("the two directions have different keys", () => {
    const keys = mppeKeys(passwordHashHash, ntResponse);
    expect(keys.receive).not.toEqual(keys.send);
    expect(keys.receive).toHaveLength(16);
  });
});

test("rfc2759-9.3: DES with a key of 56 bits", () => {
  // The three blocks of the response are DES of the challenge under seven octets of the password hash each.
  const clear = hex("D0 2E 43 86 BC E9 12 26");
  expect(desEncrypt(clear, hex("44 EB BA 8D 53 12 B8"))).toEqual(hex("82 30 9E CD 8D 70 8B 5E"));
  expect(desEncrypt(clear, hex("D6 11 47 44 11 F5 69"))).toEqual(hex("A0 8F AA 39 81 CD 83 54"));
  expect(desEncrypt(clear, hex("89 AE 00 00 00 00 00"))).toEqual(hex("42 33 11 4A 3D 85 D6 DF"));
});

test("a password outside ASCII is hashed by its UTF-16 code units", () => {
  // printf '\xe9\x00' | openssl dgst -provider legacy -md4
  expect(ntPasswordHash("é").toString("hex")).toBe("e77286d072c7858e9110cc3a011d2ac8");
});
