import { expect, test } from "vitest";
import { ApiError } from "../../../src/api/errors.ts";
import { checkSessionKeys, profilesView, readProfiles } from "../../../src/api/nas-profiles.ts";

const attributes = {
  exists: (name: string) => ["Filter-Id", "Cisco-AVPair", "ERX-Service-Activate", "Session-Timeout"].includes(name),
  problem: ({ name, value }: { name: string; value: unknown }) =>
    name === "Session-Timeout" && typeof value === "string" && !/^\d+$/.test(value) ? "is not a number" : undefined,
  isOfThePacket: () => false,
  octets: (all: readonly { readonly value: string | number }[]) =>
    all.reduce((sum, { value }) => sum + 2 + String(value).length, 0),
};
const read = (profiles: Record<string, unknown>) => readProfiles(profiles, attributes);

function refusal(profiles: Record<string, unknown>): ApiError {
  try {
    read(profiles);
  } catch (error) {
    if (error instanceof ApiError) return error;
  }
  throw new Error("it was not refused");
}

test("the form with names as keys and the list say the same", () => {
  const expected = {
    throttle: [
      { name: "Filter-Id", value: "slow" },
      { name: "Cisco-AVPair", value: "a" },
      { name: "Cisco-AVPair", value: "b" },
      { name: "ERX-Service-Activate", tag: 1, value: "s" },
    ],
  };
  expect(
    read({ throttle: { "Filter-Id": "slow", "Cisco-AVPair": ["a", "b"], "ERX-Service-Activate:1": "s" } }),
  ).toEqual(expected);
  expect(read({ throttle: expected.throttle })).toEqual(expected);
});

test("profiles are shown as names and values, tags and lists included", () => {
  const given = { none: { "Filter-Id": "x", "Cisco-AVPair": ["a", "b"], "ERX-Service-Activate:1": "s" } };
  expect(profilesView(read(given))).toEqual(given);
});

test("an unknown attribute is refused with the place where it stands", () => {
  const error = refusal({ "walled-garden": { "Filter-Id": "x" }, throttle: { "No/Such": ["a", "b"] } });
  expect(error.code).toBe("unknown-attribute");
  expect(error.errors?.map(({ pointer }) => pointer)).toEqual([
    "/profiles/throttle/No~1Such/0",
    "/profiles/throttle/No~1Such/1",
  ]);
});

test("a value that cannot be sent is refused", () => {
  expect(refusal({ none: { "Session-Timeout": "soon" } })).toMatchObject({
    code: "invalid-attribute-value",
    errors: [{ pointer: "/profiles/none/Session-Timeout", detail: "is not a number" }],
  });
});

test("a profile whose attributes do not fit into a packet together is refused, one that just fits is not", () => {
  const filters = (count: number) => ({ none: { "Filter-Id": Array.from({ length: count }, () => "x".repeat(98)) } });
  expect(read(filters(37))["none"]).toHaveLength(37);
  expect(refusal(filters(38))).toMatchObject({
    code: "profile-too-large",
    errors: [{ pointer: "/profiles/none", detail: "takes 3800 octets; a packet has room for 3797" }],
  });
});

test.each([
  [{ none: { "Filter-Id": true } }, "/profiles/none/Filter-Id"],
  [{ none: [{ name: "Filter-Id" }] }, "/profiles/none/0/value"],
  [{ none: [{ value: "x" }] }, "/profiles/none/0/name"],
  [{ none: [{ name: "Filter-Id", tag: 32, value: "x" }] }, "/profiles/none/0/tag"],
  [{ none: [{ name: "Filter-Id", value: "x", colour: 1 }] }, "/profiles/none/0/colour"],
  [{ none: ["x"] }, "/profiles/none/0"],
])("%j is refused at %s", (profiles, pointer) => {
  expect(refusal(profiles)).toMatchObject({ code: "invalid-body", errors: [{ pointer }] });
});

test("session keys must be attributes, too", () => {
  expect(() => checkSessionKeys(["Filter-Id", "No-Such"], attributes)).toThrow(/sessionKeys\/1/);
});
