import { fault, type Reading } from "./observation.ts";
import { EARLIEST_MS, MAX_AHEAD_MS } from "./report-limits.ts";

const shape = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?[ ]?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

const isZulu = (zone: string) => /^(?:Z|UTC|GMT)$/i.test(zone);

function offset(zone: string): string {
  if (isZulu(zone)) return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** A day that the month has: JavaScript reads 30 February as 2 March. */
const dayExists = (day: string): boolean => {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
};

export interface TimeRules {
  readonly now: Date;
  /** The zone of times that name none, where the format lays one down. */
  readonly zone?: "Z";
}

/** What a sender is asked for: the format's own form, where it has one. */
const formOf = ({ zone }: TimeRules): string =>
  zone === undefined
    ? "a date and time of RFC 3339 (2026-01-31T12:00:00Z)"
    : "a date and time in UTC (2026-01-31 12:00:00)";

/** Reads a date and time of RFC 3339, also with a space for the T. Without a zone nobody knows when it was. */
export function readTime(value: unknown, rules: TimeRules): Reading<Date> {
  if (value === undefined || value === null || value === "") return fault("missing-field", "the time is missing");
  if (typeof value !== "string") return fault("invalid-time", `a time is text: ${formOf(rules)}`);
  const parts = shape.exec(value.trim());
  const shown = JSON.stringify(value.slice(0, 40));
  if (!parts) return fault("invalid-time", `${shown} is not ${formOf(rules)}`);
  const [, day = "", minutes = "", seconds = ":00", fraction = "", ownZone] = parts;
  const zone = ownZone ?? rules.zone;
  if (zone === undefined) return fault("time-without-zone", `${shown} does not say its zone`);
  const time = new Date(`${day}T${minutes}${seconds}${fraction.slice(0, 4)}${offset(zone)}`);
  if (Number.isNaN(time.getTime()) || !dayExists(day)) return fault("invalid-time", `there is no time ${shown}`);
  if (time.getTime() < EARLIEST_MS) return fault("time-out-of-range", `${shown} is before the year 2000`);
  if (time.getTime() > rules.now.getTime() + MAX_AHEAD_MS)
    return fault("time-in-future", `${shown} is more than ten minutes ahead of ${rules.now.toISOString()}`);
  return { ok: true, value: time };
}
