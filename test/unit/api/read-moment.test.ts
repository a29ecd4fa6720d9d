import fc from "fast-check";
import { expect, test } from "vitest";
import { givenMoment, readMoment } from "../../../src/api/read-moment.ts";

test.each([
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31t12:00:00.5z", "2026-01-31T12:00:00.500Z"],
  ["2026-01-31 12:00:00.123456789+05:30", "2026-01-31T06:30:00.123Z"],
  ["2024-02-29T00:00:00-2359", "2024-02-29T23:59:00.000Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
])("%s is %s", (text, moment) => expect(readMoment(text)?.toISOString()).toBe(moment));

test.each([
  ...[
    "2026-02-29T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
  ],
  ...[
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00Z",
    "2026-01-01T00:00:00",
  ],
  ...["2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60", "2026-01-01T00:00:00+2", "2026-01-01T00:00:00 Z"],
  ...["0000-12-31T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z", ""],
])("%j is no moment", (text) => {
  expect(readMoment(text)).toBeUndefined();
  expect(() => givenMoment(text)).toThrow();
});

test("whatever a Date writes is read back as it was", () => {
  const dates = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(dates, (date) => void expect(readMoment(date.toISOString())).toEqual(date)));
});

test("no text makes it throw", () => {
  fc.assert(fc.property(fc.string(), (text) => void expect(readMoment(text) ?? new Date()).toBeInstanceOf(Date)));
});
