import { type TSchema, Type } from "typebox";
import { type Measure, measureKinds } from "../enforcement/measure.ts";
import type { MeasureView } from "../enforcement/measure-view.ts";
import { MeasureParamsShape } from "./measure-params.ts";
import { closed, documented, nullable, oneOf, Time } from "./shapes.ts";

const text = Type.String();
const outcomes = ["acknowledged", "refused", "no-answer", "not-authentic", "unreachable", "unsupported"] as const;

/** How one request to a NAS ended. */
export const Outcome = oneOf(outcomes, {
  description:
    "refused: the NAS said no (`errorCause`); not-authentic: the answer's signature is wrong; unreachable: nothing could " +
    "be sent; unsupported: the NAS's vendor cannot express it, and nothing was sent",
});

const measureStates = ["awaiting-approval", "held", "pending", "in-force", "partial", "failed", "lifted"] as const;

/** How a measure stands. */
export const MeasureStateShape = oneOf(measureStates, {
  description:
    "awaiting-approval: a second person has to approve; held: a breaker holds it until a person approves; pending: " +
    "sessions are being brought to it, or it waits for a login; in-force: every open session follows it, and the next " +
    "login will; partial: some sessions do; failed: none does, and it is not being tried any more; lifted: it is over, or " +
    "was rejected",
});

/** A measure, or what a dry run says that it would be: that has no id yet. */
export type OrderView = Omit<MeasureView, "id"> & { readonly id: string | null };

const Actor = (what: string) =>
  Type.String({ description: `${what}: \`key:\` and a person's, \`playbook:\` and its name, or a job's` });

export const ProgressShape = oneOf(["armed", "regenerated"], {
  description:
    "of regenerate-password only. armed: waits for the next login with the old password; regenerated: waits for the first " +
    "one with the new",
});

const SessionOutcome = closed(
  {
    session: text,
    outcome: oneOf([...outcomes, "pending"]),
    errorCause: Type.Optional(Type.Integer({ description: "RFC 5176 section 3.6" })),
    obstacle: Type.Optional(
      Type.String({
        description: "why the session does not follow and is not being tried any more, also where nothing was sent",
      }),
    ),
  },
  { title: "SessionOutcome" },
);

const fieldsWith = (id: TSchema) => ({
  id,
  subscriber: text,
  kind: oneOf(measureKinds),
  params: Type.Unsafe<Measure["params"]>(MeasureParamsShape),
  reason: text,
  case: nullable(text),
  state: MeasureStateShape,
  orderedBy: Actor("who ordered it"),
  orderedAt: Time,
  until: nullable(documented(Time, "when it ends by itself; null: a person ends it")),
  heldBy: nullable(Type.String({ description: "the id of the breaker that held it" })),
  approvals: Type.Array(text, { description: "who approved it, in order" }),
  decidedBy: nullable(text),
  decidedAt: nullable(Time),
  progress: nullable(ProgressShape),
  liftedAt: nullable(Time),
  liftedBy: nullable(text),
  liftedReason: nullable(text),
  sessions: Type.Array(SessionOutcome, { description: "how each session stands to it" }),
});

/** A measure as the API shows it. */
export const MeasureShape = Type.Unsafe<MeasureView>(
  closed(fieldsWith(text), { title: "Measure", description: "What is to hold for a subscriber" }),
);
export const OrderShape = Type.Unsafe<OrderView>(
  closed(fieldsWith(nullable(documented(text, "null: a dry run, and it would be a new one"))), {
    title: "MeasureOrdered",
  }),
);
