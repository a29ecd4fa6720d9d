const shape =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3])(:[0-5]\d:[0-5]\d)(\.\d+)?(?:([Zz])|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;

/** What PostgreSQL, JavaScript and RFC 3339 can all write down in UTC. */
const EARLIEST_MS = Date.parse("0001-01-01T00:00:00.000Z");
const LATEST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** A day that its month has: JavaScript reads 30 February as 2 March. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/**
 * Reads a date and time of RFC 3339 with its zone, also with a space for the T; undefined: it is none, or one that there
 * is not (30 February, an offset of 99 hours, a leap second).
 */
export function readMoment(text: string): Date | undefined {
  const [, day = "", hour, rest, fraction = "", zulu, sign, offsetHour, offsetMinute] = shape.exec(text) ?? [];
  if (!isDay(day)) return undefined;
  const zone = zulu === undefined ? `${sign}${offsetHour}:${offsetMinute}` : "Z";
  const moment = new Date(`${day}T${hour}${rest}${fraction.slice(0, 4)}${zone}`);
  const time = moment.getTime();
  return time >= EARLIEST_MS && time <= LATEST_MS ? moment : undefined;
}

/** The moment that a text of the schema GivenTime names: it was checked. */
export function givenMoment(text: string): Date {
  const moment = readMoment(text);
  if (!moment) throw new Error("a time was used before it was checked");
  return moment;
}
