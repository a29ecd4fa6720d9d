import type { Queryable } from "../database/database.ts";
import type { AgedRows } from "../session/aged-rows-retention-store.ts";
import { isHeld } from "../session/legal-hold-retention-store.ts";

const subscriberId = "substr(audit.subject, length('subscriber:') + 1)";

/** Entries of the audit, by their time. What was done to a case goes with it; who ordered what stands now, stays. */
export const pastAudit: AgedRows = {
  table: "audit",
  age: "audit.at",
  idType: "bigint",
  isKept: `case split_part(coalesce(audit.subject, ''), ':', 1)
    when 'case' then exists (
      select from subscriber_case where subscriber_case.id = substring(audit.subject from '^case:(\\d{1,18})$')::bigint)
    when 'subscriber' then ${isHeld(subscriberId)} or exists (
      select from measure where measure.subscriber_id = ${subscriberId}
        and measure.state in ('awaiting-approval', 'held', 'active') and measure.ordered_at <= audit.at + interval '1 minute')
    else false end`,
};

/** Puts on record what a run removed. */
export async function recordRemoval(on: Queryable, at: Date, detail: object): Promise<void> {
  await on.query(
    "insert into audit (at, actor, action, subject, detail) values ($1, 'job:retention', 'retention.remove', 'job:retention', $2)",
    [at, JSON.stringify(detail)],
  );
}
