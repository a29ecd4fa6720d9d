import type { AgedRows } from "../session/aged-rows-retention-store.ts";
import { isHeld } from "../session/legal-hold-retention-store.ts";

/**
 * SQL: whether an enforcement was sent while a measure stood, or to lift it: what explains the measure
 * (response/explain-store.ts, which looks no further than an hour after the lifting).
 */
export const isSentFor = (measure: string): string =>
  `enforcement.subscriber_id = ${measure}.subscriber_id and enforcement.requested_at >= ${measure}.ordered_at
   and (${measure}.lifted_at is null or enforcement.requested_at <= ${measure}.lifted_at + interval '1 day')`;

/** Attempts, by when they were made. Those of a measure go with it; of an open session they are counted still. */
export const pastEnforcements: AgedRows = {
  table: "enforcement",
  age: "enforcement.requested_at",
  idType: "bigint",
  subscriber: "enforcement.subscriber_id",
  isKept: `enforcement.outcome is null or ${isHeld("enforcement.subscriber_id")}
    or exists (select from measure where ${isSentFor("measure")})
    or exists (select from session where session.id = enforcement.session_id and session.stopped_at is null)`,
};
