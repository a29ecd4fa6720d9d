import { expect, test } from "vitest";
import { createAttributeCheck } from "../../../src/api/attribute-check.ts";
import { ApiError } from "../../../src/api/errors.ts";
import { readProfiles } from "../../../src/api/nas-profiles.ts";
import { loadDictionary } from "../../../src/dictionary/load-dictionary.ts";

const attributes = createAttributeCheck(await loadDictionary());

function faultOf(profiles: Record<string, unknown>): unknown {
  try {
    readProfiles(profiles, attributes);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.code, pointer: error.errors?.[0]?.pointer };
  }
}

test.each([
  "User-Password",
  "CHAP-Password",
  "EAP-Message",
  "Message-Authenticator",
  "Proxy-State",
  "State",
  "Class",
  "Event-Timestamp",
  "Error-Cause",
  "User-Name",
  "Acct-Session-Id",
  "Calling-Station-Id",
  "NAS-IP-Address",
  "NAS-IPv6-Address",
  "NAS-Identifier",
  "NAS-Port",
  "NAS-Port-Id",
  "nas-port-type",
])("a profile may not set %s, which is of the packet or names the session", (name) => {
  expect(faultOf({ "walled-garden": { [name]: "1" } })).toEqual({
    code: "attribute-not-allowed",
    pointer: `/profiles/walled-garden/${name}`,
  });
});

test("what a session gets is taken", () => {
  const garden = { "Filter-Id": "garden", "Acct-Interim-Interval": 300, "Reply-Message": "see the portal" };
  expect(faultOf({ "walled-garden": garden, none: { "Session-Timeout": 3600, "Service-Type": "Framed-User" } })).toBe(
    undefined,
  );
});

test("rules that no packet has room for are refused as a whole", () => {
  const rules = Array.from({ length: 20 }, () => `permit in ip from any to ${"1".repeat(200)}`);
  expect(faultOf({ none: { "NAS-Filter-Rule": rules } })).toEqual({
    code: "profile-too-large",
    pointer: "/profiles/none",
  });
});
