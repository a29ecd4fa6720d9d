import { setImmediate as others } from "node:timers/promises";
import { Compile } from "typebox/compile";
import { type AddressQuestion, attributeAddresses } from "../attribution/attribute-address.ts";
import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import type { Queryable } from "../database/database.ts";
import { readAddress } from "../intake/read-address.ts";
import { hasDoubleNames } from "../json/has-double-names.ts";
import { type AskedAttribution, AttributionLine } from "./attribution-shapes.ts";
import { readMoment } from "./read-moment.ts";

export interface AttributionDependencies {
  readonly database: Queryable;
  readonly isOwnAddress: IsOwnAddress;
  readonly now: () => Date;
}

type Asked = { readonly row: number; readonly question: AddressQuestion };
type Refused = { readonly row: number; readonly code: "malformed-row" | "invalid-row"; readonly detail: string };

const LINES_PER_QUERY = 500;

/** The question, or "<field>: <what is wrong with it>". */
export function questionFrom(asked: AskedAttribution, now: () => Date): AddressQuestion | string {
  const address = readAddress(asked.ip);
  if (!address.ok) return `ip: ${address.detail}`;
  const toldAt = now();
  const at = asked.at === undefined ? toldAt : readMoment(asked.at);
  if (at === undefined) return "at: not a date and time of RFC 3339 with its zone";
  const { port, protocol, skewSeconds } = asked;
  return { ip: address.value, at, toldAt, port, protocol, skewSeconds };
}

/** Makes what answers many questions, a line each, in their order: NDJSON, some lines at a time as they are wanted. */
export function createLineAnswerer({ database, isOwnAddress, now }: AttributionDependencies) {
  const line = Compile(AttributionLine);

  const read = (text: string | undefined, row: number): Asked | Refused => {
    const value = text === undefined ? undefined : parsed(text);
    if (text === undefined || value === undefined)
      return { row, code: "malformed-row", detail: "is not JSON in UTF-8" };
    if (hasDoubleNames(text, value)) return { row, code: "malformed-row", detail: "names a field twice" };
    if (line.Check(value)) {
      const question = questionFrom(value, now);
      return typeof question === "string" ? { row, code: "invalid-row", detail: question } : { row, question };
    }
    const [first] = line.Errors(value);
    const detail = `${first?.instancePath.slice(1) ?? ""} ${first?.message ?? ""}`.trim();
    return { row, code: "invalid-row", detail };
  };

  const answer = async (lines: readonly (string | undefined)[], firstRow: number): Promise<string> => {
    const readings = lines.map((text, index) => read(text, firstRow + index));
    const asked = readings.filter((reading) => "question" in reading);
    const questions = asked.map(({ question }) => question);
    const answers = await attributeAddresses(database, questions, isOwnAddress);
    const byRow = new Map(asked.map(({ row }, index) => [row, answers[index]]));
    return readings
      .map((reading) => ("code" in reading ? reading : { row: reading.row, ...byRow.get(reading.row) }))
      .map((one) => `${JSON.stringify(one)}\n`)
      .join("");
  };

  return async function* answers(lines: readonly (string | undefined)[]): AsyncGenerator<string> {
    for (let start = 0; start < lines.length; start += LINES_PER_QUERY) {
      yield await answer(lines.slice(start, start + LINES_PER_QUERY), start + 1);
      await others();
    }
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
