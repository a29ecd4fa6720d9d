import { type TSchema, Type } from "typebox";
import { type Measure, measureKinds } from "../enforcement/measure.ts";
import type { MeasureView } from "../enforcement/measure-view.ts";
import { closed, nullable, Time } from "./shapes.ts";

const text = Type.String();
const outcomes = ["acknowledged", "refused", "no-answer", "not-authentic", "unreachable", "unsupported"] as const;

/** How one request to a NAS ended. */
export const Outcome = Type.Enum([...outcomes]);

/** A measure, or what a dry run says that it would be: that has no id yet. */
export type OrderView = Omit<MeasureView, "id"> & { readonly id: string | null };

const shapeWith = (id: TSchema) =>
  closed({
    id,
    subscriber: text,
    kind: Type.Enum([...measureKinds]),
    params: Type.Unsafe<Measure["params"]>({ type: "object" }),
    reason: text,
    case: nullable(text),
    state: Type.Enum(["awaiting-approval", "held", "pending", "in-force", "partial", "failed", "lifted"]),
    orderedBy: text,
    orderedAt: Time,
    until: nullable(Time),
    heldBy: nullable(text),
    approvals: Type.Array(text),
    decidedBy: nullable(text),
    decidedAt: nullable(Time),
    progress: nullable(Type.Enum(["armed", "regenerated"])),
    liftedAt: nullable(Time),
    liftedBy: nullable(text),
    liftedReason: nullable(text),
    sessions: Type.Array(
      closed({
        session: text,
        outcome: Type.Enum([...outcomes, "pending"]),
        errorCause: Type.Optional(Type.Integer()),
      }),
    ),
  });

/** A measure as the API shows it. */
export const MeasureShape = Type.Unsafe<MeasureView>(shapeWith(text));
export const OrderShape = Type.Unsafe<OrderView>(shapeWith(nullable(text)));
