import fc from "fast-check";
import { expect, test } from "vitest";
import { createKeyRing } from "../../../src/secrets/key-ring.ts";

const place = "nas:secret_sealed:bng1";

test("what was sealed opens again, and only at its own place", () => {
  const ring = createKeyRing(["one"]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (clear) => {
      expect(ring.open(place, ring.seal(place, clear))).toBe(clear);
    }),
  );
  const sealed = ring.seal(place, "secret");
  expect(() => ring.open("nas:secret_sealed:bng2", sealed)).toThrow(expect.objectContaining({ code: "not-authentic" }));
});

test("a changed octet anywhere is noticed", () => {
  const ring = createKeyRing(["one"]);
  const sealed = ring.seal(place, "secret");
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8((changed[at] ?? 0) ^ 1, at);
    expect(() => ring.open(place, changed)).toThrow();
  }
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => ring.open(place, sealed.subarray(0, length))).toThrow();
  }
});

test("after a new key was put first, the old one still opens, and the new one seals", () => {
  const before = createKeyRing(["old"]);
  const after = createKeyRing(["new", "old"]);
  expect(after.open(place, before.seal(place, "secret"))).toBe("secret");
  expect(() => before.open(place, after.seal(place, "secret"))).toThrow(
    expect.objectContaining({ code: "unknown-key" }),
  );
});

test("what an older key sealed is sealed anew with the newest, and then opens without the older", () => {
  const before = createKeyRing(["old"]);
  const after = createKeyRing(["new", "old"]);
  const resealed = after.reseal(place, before.seal(place, "secret"));
  expect(resealed && createKeyRing(["new"]).open(place, resealed)).toBe("secret");
  expect(resealed && after.reseal(place, resealed)).toBe(undefined);
  expect(() => createKeyRing(["new"]).reseal(place, before.seal(place, "secret"))).toThrow(
    expect.objectContaining({ code: "unknown-key" }),
  );
});

test("an empty text is no key", () => {
  expect(() => createKeyRing([""])).toThrow("empty");
});

test("the same text sealed twice gives two different values", () => {
  const ring = createKeyRing(["one"]);
  expect(ring.seal(place, "secret").equals(ring.seal(place, "secret"))).toBe(false);
});
