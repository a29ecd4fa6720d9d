import { Type } from "typebox";
import type { MeasureView } from "../enforcement/measure-view.ts";
import type { SessionView } from "../session/session-view.ts";
import { protections, type Subscriber, subscriberClasses } from "../subscriber/subscriber.ts";
import { SubscriberBody } from "../subscriber/subscriber-schema.ts";
import { type CaseAnswer, CaseShape } from "./case-shapes.ts";
import { MeasureShape } from "./measure-shapes.ts";
import { SessionShape } from "./session-shape.ts";
import { closed, nullable, oneOf, Time } from "./shapes.ts";

const fields = {
  id: Type.String(),
  usernames: Type.Readonly(Type.Array(Type.String(), { description: "User-Names of RADIUS" })),
  name: nullable(Type.String()),
  email: nullable(Type.String()),
  phone: nullable(Type.String()),
  locale: nullable(Type.String({ description: "the language for notices, for example `en-AU`" })),
  class: oneOf(subscriberClasses),
  plan: nullable(closed({ downKbps: Type.Integer(), upKbps: Type.Integer() }, { title: "Plan" })),
  protections: Type.Unsafe<Subscriber["protections"]>(
    Type.Array(oneOf(protections), { description: "playbooks order nothing that would cut such a line off" }),
  ),
  hasCredential: Type.Boolean({ description: "whether there is a password here; it is never given back" }),
  isAutomatic: Type.Boolean({ description: "made by itself from a session whose User-Name nobody knew" }),
  createdAt: Time,
  updatedAt: Time,
};

/** A subscriber as the API shows it. */
export const SubscriberView = Type.Unsafe<Subscriber>(closed(fields, { title: "Subscriber" }));

/** What stands of a subscriber, in the shapes of its own calls. */
export interface Matters {
  readonly measures: readonly MeasureView[];
  readonly sessions: readonly SessionView[];
  readonly cases: readonly CaseAnswer[];
}

/** A subscriber with them. */
export const SubscriberWithMatters = Type.Unsafe<Subscriber & Matters>(
  closed(
    {
      ...fields,
      measures: Type.Array(MeasureShape, { description: "those that stand, the newest 50" }),
      sessions: Type.Array(SessionShape, { description: "those that are open, the newest 50" }),
      cases: Type.Array(CaseShape, { description: "the newest 50" }),
    },
    { title: "SubscriberWithMatters" },
  ),
);

const example = {
  usernames: ["alice@isp.example"],
  name: "Alice Example",
  email: "alice@example.com",
  phone: "+61 2 5550 0100",
  class: "residential",
  plan: { downKbps: 50_000, upKbps: 20_000 },
  protections: ["medical"],
};

/** The body of PUT /v1/subscribers/{id}, as the document shows it. */
export const SubscriberInputShape = { ...SubscriberBody, title: "SubscriberInput", examples: [example] };
