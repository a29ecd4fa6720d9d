import { type Static, type TProperties, Type } from "typebox";
import { type Attribution, DEFAULT_SKEW_SECONDS } from "../attribution/attribute.ts";
import { verdictFields } from "./observation-fields.ts";
import { closed, documented, GivenTime, nullable, oneOf } from "./shapes.ts";

const named = {
  subscriber: nullable(Type.String({ description: "null: the verdict is not exact" })),
  session: nullable(Type.String({ description: "null: the verdict is not exact" })),
};

/** Whose an address was. */
export const AttributionShape = Type.Unsafe<Attribution>(
  closed({ ...verdictFields, ...named }, { title: "Attribution" }),
);

const questionWith = <T extends TProperties>(at: T) => ({
  ip: Type.String({ maxLength: 60, description: "IPv4 or IPv6" }),
  port: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: "the address's port, where several customers share it; absent: any",
    }),
  ),
  protocol: Type.Optional(
    Type.String({ maxLength: 20, description: "that of the port, for example `tcp`; absent: any" }),
  ),
  ...at,
  skewSeconds: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 86_400,
      default: DEFAULT_SKEW_SECONDS,
      description: "by how much the asker's clock and the NAS's may differ",
    }),
  ),
});

/** The query of GET /v1/attribution. */
export const AttributionQuery = closed(questionWith({ at: Type.Optional(documented(GivenTime, "absent: now")) }));

/** A line of POST /v1/attribution; its time is read with the address, so that both are told of in the same words. */
export const AttributionLine = closed(
  questionWith({ at: Type.Optional(Type.String({ maxLength: 40, description: "RFC 3339; absent: now" })) }),
  { title: "AttributionQuestion" },
);

export type AskedAttribution = Static<typeof AttributionLine>;

const row = Type.Integer({ minimum: 1, description: "the question's number from 1, empty lines not counted" });

/** A line of the answer to POST /v1/attribution. */
export const AttributionAnswer = Type.Union([
  closed({ row, ...verdictFields, ...named }, { title: "AttributionAnswer" }),
  closed(
    { row, code: oneOf(["malformed-row", "invalid-row"]), detail: Type.String() },
    { title: "AttributionRefusal", description: "This line could not be read; the others are answered" },
  ),
]);
