import { isDeepStrictEqual } from "node:util";
import type { Measure, MeasureDetail } from "./measure.ts";

/** Without an `until`, a measure ends after this long; a termination ends only by a person. */
const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface OrderRequest {
  readonly detail: MeasureDetail;
  readonly until?: Date;
  readonly now: Date;
  readonly isAutomatic: boolean;
}

export type OrderDecision =
  /** What stands already says it. */
  | { readonly kind: "keep" }
  /** Only its end moves. */
  | { readonly kind: "move-end"; readonly until: Date }
  /** A new row, in place of the standing one if there is one. */
  | {
      readonly kind: "write";
      readonly state: "awaiting-approval" | "held" | "active";
      readonly until?: Date;
      /** Whether the breakers have a say, and count it. */
      readonly passesBreakers: boolean;
    };

/** Whether an actor is a person: only people may approve. */
export const isPerson = (actor: string): boolean => actor.startsWith("key:");

const defaultEnd = ({ detail, until, now }: OrderRequest): { until?: Date } => {
  if (until) return { until };
  return detail.kind === "terminate" ? {} : { until: new Date(now.getTime() + DEFAULT_DAYS * DAY_MS) };
};

/**
 * What ordering a measure does to the one of its kind that stands. What a person ordered, only a person changes; a
 * person who orders what a breaker holds has thereby decided; other params of a measure that is in force touch no
 * further customer, so the breakers don't count them.
 */
export function decideOrder(standing: Measure | undefined, order: OrderRequest): OrderDecision {
  const write = (state: "awaiting-approval" | "held" | "active", passesBreakers = false): OrderDecision => ({
    kind: "write",
    state,
    passesBreakers,
    ...defaultEnd(order),
  });
  if (!standing) {
    if (order.detail.kind === "terminate") return write("awaiting-approval");
    return write("active", order.isAutomatic);
  }
  if (standing.state === "held" && !order.isAutomatic) return write("active");
  if (isDeepStrictEqual(standing.params, order.detail.params)) return sameAgain(standing, order);
  if (standing.state === "held") return write("held");
  if (order.isAutomatic && isPerson(standing.orderedBy)) return { kind: "keep" };
  return write("active");
}

/** A person says when it ends; what acts by itself only ever makes its own measures last longer. */
function sameAgain(standing: Measure, { until, isAutomatic }: OrderRequest): OrderDecision {
  if (!until || until.getTime() === standing.until?.getTime()) return { kind: "keep" };
  const mayMove = !isAutomatic || (!isPerson(standing.orderedBy) && standing.until && until > standing.until);
  return mayMove ? { kind: "move-end", until } : { kind: "keep" };
}
