import { expect, test } from "vitest";
import { ownAddresses } from "../../../src/attribution/own-addresses.ts";

const isOwn = ownAddresses(["192.0.2.53", "203.0.113.0/28", "2001:db8:53::/48", "2001:db8::53"]);

test.each(["192.0.2.53", "203.0.113.0", "203.0.113.15", "2001:db8:53:1::7", "2001:db8::53"])("%s is own", (ip) => {
  expect(isOwn(ip)).toBe(true);
});

test.each(["192.0.2.54", "203.0.113.16", "2001:db8:54::", "2001:db8::54"])("%s is not", (ip) => {
  expect(isOwn(ip)).toBe(false);
});

test("without a list none is", () => {
  expect(ownAddresses([])("192.0.2.53")).toBe(false);
});
