import { Type } from "typebox";
import { measureKinds } from "../enforcement/measure.ts";
import { CaseStateShape } from "./case-shapes.ts";
import { MeasureStateShape, Outcome } from "./measure-shapes.ts";
import { CategoryShape } from "./observation-fields.ts";
import { closed, nullable, oneOf, Time } from "./shapes.ts";

const text = Type.String();

const dataOf = {
  case: {
    at: Time,
    case: text,
    kind: Type.String({ description: "as in the case's timeline" }),
    actor: text,
    subscriber: nullable(text),
    category: CategoryShape,
    state: CaseStateShape,
  },
  measure: { at: Time, measure: text, subscriber: text, kind: oneOf(measureKinds), state: MeasureStateShape },
  enforcement: {
    at: Time,
    enforcement: text,
    session: nullable(text),
    nas: text,
    subscriber: nullable(text),
    kind: oneOf(["coa", "disconnect", "access"]),
    outcome: Outcome,
  },
  audit: { at: Time, actor: text, action: text, subject: nullable(text) },
};

const titles = {
  case: "CaseChange",
  measure: "MeasureChange",
  enforcement: "EnforcementChange",
  audit: "AuditChange",
} as const;

const eventOf = <Name extends keyof typeof dataOf>(name: Name) =>
  closed(
    {
      id: Type.String({ description: "the same on every node: an event that comes twice can be told" }),
      event: Type.Literal(name),
      data: closed(dataOf[name]),
    },
    { title: titles[name] },
  );

/** The answer of GET /v1/events. */
export const eventStream = {
  description: "A stream that ends when either side wants, the key is revoked or the node stops",
  content: {
    "text/event-stream": {
      schema: Type.Unsafe<string>({
        type: "string",
        "x-item-schema": Type.Union([eventOf("case"), eventOf("measure"), eventOf("enforcement"), eventOf("audit")]),
      }),
      example:
        "id: measure:17:pending\nevent: measure\n" +
        'data: {"at":"2026-01-31T12:00:00.000Z","measure":"17","subscriber":"alice","kind":"walled-garden","state":"pending"}\n\n',
    },
  },
};
