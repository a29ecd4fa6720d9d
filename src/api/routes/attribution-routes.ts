import { Readable } from "node:stream";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Attribution } from "../../attribution/attribute.ts";
import { type AddressQuestion, attributeAddress, attributeAddresses } from "../../attribution/attribute-address.ts";
import type { IsOwnAddress } from "../../attribution/own-addresses.ts";
import type { Queryable } from "../../database/database.ts";
import { readAddress } from "../../intake/read-address.ts";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import { closed, GivenTime, nullable, Time } from "../shapes.ts";

const AttributionView = Type.Unsafe<Attribution>(
  closed({
    verdict: Type.Enum(["exact", "ambiguous", "none"]),
    subscriber: nullable(Type.String()),
    session: nullable(Type.String()),
    candidates: Type.Array(
      closed({ subscriber: nullable(Type.String()), session: Type.String(), from: Time, to: nullable(Time) }),
    ),
    reason: Type.String({ description: "in words, for people" }),
  }),
);

const port = Type.Integer({ minimum: 0, maximum: 65_535 });
const ip = Type.String({ maxLength: 60 });
const protocol = Type.String({ maxLength: 20 });
const skewSeconds = Type.Number({ minimum: 0, maximum: 86_400, description: "how far clocks may be apart; default 2" });

const query = closed({
  ip,
  port: Type.Optional(port),
  protocol: Type.Optional(protocol),
  at: Type.Optional(Type.String({ ...GivenTime, description: "absent: now" })),
  skewSeconds: Type.Optional(skewSeconds),
});

const Line = closed({
  ip,
  port: Type.Optional(port),
  protocol: Type.Optional(protocol),
  at: Type.Optional(Type.String({ maxLength: 40 })),
  skewSeconds: Type.Optional(skewSeconds),
});

const MOST_LINES = 100_000;
const BODY_LIMIT = 32 * 1024 * 1024;
const LINES_PER_QUERY = 500;
const ndjson = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

export interface AttributionRouteDependencies {
  readonly database: Queryable;
  readonly isOwnAddress: IsOwnAddress;
  readonly now: () => Date;
}

type Asked = { readonly row: number; readonly question: AddressQuestion };
type Refused = { readonly row: number; readonly code: "malformed-row" | "invalid-row"; readonly detail: string };

const zoned = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)$/;

function questionFrom(asked: Static<typeof Line>, now: () => Date): AddressQuestion | string {
  const address = readAddress(asked.ip);
  if (!address.ok) return `ip: ${address.detail}`;
  const at = asked.at === undefined ? now() : new Date(zoned.test(asked.at) ? asked.at : Number.NaN);
  if (Number.isNaN(at.getTime())) return "at: not a date and time of RFC 3339 with its zone";
  return { ip: address.value, at, port: asked.port, protocol: asked.protocol, skewSeconds: asked.skewSeconds };
}

export async function attributionRoutes(app: Api, dependencies: AttributionRouteDependencies): Promise<void> {
  const { database, isOwnAddress, now } = dependencies;
  const right = "attribution:read" as const;
  const tags = ["attribution"];

  app.get(
    "/v1/attribution",
    {
      config: { right },
      schema: {
        tags,
        summary: "Who held this address at that time",
        querystring: query,
        response: { 200: AttributionView },
      },
    },
    async (request) => {
      const question = questionFrom(request.query, now);
      if (typeof question !== "string") return await attributeAddress(database, question, isOwnAddress);
      const [name = "", detail = ""] = question.split(": ", 2);
      throw new ApiError("invalid-query", question, { errors: [{ pointer: `/${name}`, detail }] });
    },
  );

  await app.register(async (scope: Api) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(ndjson, { parseAs: "string", bodyLimit: BODY_LIMIT }, (_request, body, done) =>
      done(null, body),
    );
    const line = Compile(Line);

    const read = (text: string, row: number): Asked | Refused => {
      const value = parsed(text);
      if (value === undefined) return { row, code: "malformed-row", detail: "is not JSON" };
      if (!line.Check(value)) {
        const [first] = line.Errors(value);
        return {
          row,
          code: "invalid-row",
          detail: `${first?.instancePath.slice(1) ?? ""} ${first?.message ?? ""}`.trim(),
        };
      }
      const question = questionFrom(value, now);
      return typeof question === "string" ? { row, code: "invalid-row", detail: question } : { row, question };
    };

    /** The answers to some lines, a line each, in their order. */
    const answer = async (lines: readonly string[], firstRow: number): Promise<string> => {
      const readings = lines.map((text, index) => read(text, firstRow + index));
      const asked = readings.filter((reading) => "question" in reading);
      const answers = await attributeAddresses(
        database,
        asked.map(({ question }) => question),
        isOwnAddress,
      );
      const byRow = new Map(asked.map(({ row }, index) => [row, answers[index]]));
      return readings
        .map(
          (reading) =>
            `${JSON.stringify("code" in reading ? reading : { row: reading.row, ...byRow.get(reading.row) })}\n`,
        )
        .join("");
    };
    async function* answers(lines: readonly string[]): AsyncGenerator<string> {
      for (let start = 0; start < lines.length; start += LINES_PER_QUERY)
        yield await answer(lines.slice(start, start + LINES_PER_QUERY), start + 1);
    }

    scope.post(
      "/v1/attribution",
      {
        config: {
          right,
          ownIdempotency: true,
          rawBody: {
            types: ndjson.slice(0, 1),
            description: '{"ip", "port"?, "protocol"?, "at"?, "skewSeconds"?} a line',
          },
        },
        bodyLimit: BODY_LIMIT,
        schema: {
          tags,
          summary: "Many questions, one a line; answered line by line",
          produces: ["application/x-ndjson"],
        },
      },
      async (request, reply) => {
        const text = typeof request.body === "string" ? request.body : "";
        const lines = text.split("\n").filter((one) => one.trim() !== "");
        if (lines.length > MOST_LINES) throw new ApiError("too-many-rows", `at most ${MOST_LINES} lines are taken`);
        reply.header("content-type", "application/x-ndjson; charset=utf-8");
        return await reply.send(Readable.from(answers(lines)));
      },
    );
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
