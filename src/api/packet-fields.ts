import { Type } from "typebox";
import { Outcome } from "./measure-shapes.ts";
import { closed, nullable, oneOf, Time } from "./shapes.ts";

const text = Type.String();
const hex = (description: string) => nullable(Type.String({ pattern: "^([0-9a-f]{2})*$", description }));

const Attribute = closed(
  {
    name: Type.String({ description: "as its dictionary calls it" }),
    tag: Type.Optional(Type.Integer()),
    value: Type.Union([text, Type.Number()]),
    octets: Type.Optional(
      Type.String({
        description: "`0x` and hex: what is put back as it came, where name and value do not say it in full",
      }),
    ),
  },
  { title: "Attribute" },
);

/** One packet that makes a session follow its profile, and what came of it: the same in lists and in explanations. */
export const packetFields = {
  id: text,
  session: nullable(text),
  nas: text,
  kind: oneOf(["coa", "disconnect", "access"], { description: "access: it was laid over the answer to a login" }),
  reason: text,
  requestedAt: Time,
  sentAt: nullable(Time),
  answeredAt: nullable(Time),
  attempts: Type.Integer({ description: "datagrams sent, the first one counted" }),
  outcome: nullable(Outcome),
  errorCause: nullable(Type.Integer({ description: "RFC 5176 section 3.6" })),
  request: hex("the packet's octets"),
  response: hex("the answer's octets"),
  attributes: nullable(Type.Array(Attribute, { description: "what it changes, by name" })),
};
