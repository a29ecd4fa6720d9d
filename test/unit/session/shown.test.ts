import fc from "fast-check";
import { expect, test } from "vitest";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { readShown, shownDigest } from "../../../src/session/shown.ts";
import { accountingRequest, integer, text } from "../../support/radius-peer.ts";
import { hex, packetIn } from "../../support/wire.ts";

const packetWith = (...more: RawAttribute[]) =>
  packetIn(accountingRequest({ secret: "testing123", status: 3, session: "S1", username: "alice", more }));

const vsa = (vendor: string, rest: string): RawAttribute => ({ type: 26, value: hex(`${vendor} ${rest}`) });
const ciscoPair = (pair: string): RawAttribute =>
  vsa("00000009", `01 ${(pair.length + 2).toString(16).padStart(2, "0")} ${Buffer.from(pair).toString("hex")}`);

const shownValues: readonly RawAttribute[] = [
  text(31, "line-1"),
  text(31, "line-2"),
  integer(8, 0x64400001),
  integer(8, 0x64400002),
  { type: 123, value: hex("0038 20010db8000100") },
  { type: 123, value: hex("0038 20010db8000200") },
  text(11, "garden"),
  text(11, "plan"),
  text(25, "weir:1"),
  vsa("0000372a", "07 06 00000400"),
  vsa("0000372a", "07 06 00000800"),
  ciscoPair("sub-qos-policy-in=garden"),
  { type: 241, value: hex("06 0906 00000400 0a06 000007ff") },
  { type: 241, value: hex("06 0906 00000800 0a06 00000bff") },
  vsa("0000197f", "79 0b 312e312e312e31 2037"),
  vsa("000007db", "a2 06 00000400"),
  vsa("000007db", "a3 06 00000400"),
];

test("the digest changes with every attribute that is shown", () => {
  const digests = [packetWith(), ...shownValues.map((value) => packetWith(value))].map(shownDigest);
  expect(new Set(digests).size).toBe(digests.length);
});

test("counters, times, and what describes the call leave the digest as it is", () => {
  const bare = shownDigest(packetWith(text(31, "line-1"), text(11, "plan")));
  const counted = [integer(42, 7), integer(43, 7), integer(46, 600), integer(55, 1_780_000_000), integer(41, 3)];
  const call = ciscoPair("connect-progress=Call Up");
  const limit: RawAttribute = { type: 241, value: hex("05 0206 00000400") };
  expect(shownDigest(packetWith(integer(42, 1), text(31, "line-1"), call, limit, ...counted, text(11, "plan")))).toBe(
    bare,
  );
});

test("two records with the same digest show the same", () => {
  const other = fc.constantFrom(integer(42, 9), integer(55, 9), text(18, "hello"));
  const attributes = fc.array(fc.oneof(fc.constantFrom(...shownValues), other), { maxLength: 5 });
  fc.assert(
    fc.property(attributes, attributes, (one, two) => {
      const [a, b] = [packetWith(...one), packetWith(...two)];
      if (shownDigest(a) === shownDigest(b)) expect(readShown(a)).toEqual(readShown(b));
    }),
    { numRuns: 500 },
  );
});

test("where one attribute ends and the next begins is part of it", () => {
  expect(shownDigest(packetWith(text(11, "a"), text(11, "b")))).not.toBe(shownDigest(packetWith(text(11, "ab"))));
});
