import type { Transaction } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import { type MeasureRow, measureColumns, measureFromRow } from "../enforcement/measure-store.ts";
import { type Line, type LineProtection, lineProtection } from "../policy/line-protection.ts";

/** A measure that no person ordered or approved, on a line that playbooks do not touch. */
export interface Trespass {
  readonly measure: Measure;
  readonly protection: LineProtection;
}

/** Those that stand for these subscribers, whom the caller has locked. */
export async function trespassesOn(trx: Transaction, subscriberIds: readonly string[]): Promise<Trespass[]> {
  const rows = await trx.query<MeasureRow & Line>(
    `select ${measureColumns}, subscriber.class, subscriber.protections
     from measure join subscriber on subscriber.id = measure.subscriber_id
     where measure.subscriber_id = any ($1::text[]) and measure.state in ('awaiting-approval', 'held', 'active')
       and measure.ordered_by not like 'key:%' and cardinality(measure.approvals) = 0
     order by measure.id`,
    [subscriberIds],
  );
  return rows.flatMap((row) => {
    const protection = lineProtection(row);
    return protection ? [{ measure: measureFromRow(row), protection }] : [];
  });
}

/** Cases whose playbook's measure is withheld from now on. */
export async function writeWithheld(
  trx: Transaction,
  cases: readonly { readonly id: string; readonly why: string }[],
  now: Date,
): Promise<void> {
  await trx.query(
    `update subscriber_case set withheld = given.why, updated_at = $3
     from (select locked.id, given.why from unnest($1::bigint[], $2::text[]) as given (id, why)
       join subscriber_case as locked on locked.id = given.id and locked.closed_at is null
       order by locked.id for no key update of locked) as given
     where subscriber_case.id = given.id`,
    [cases.map(({ id }) => id), cases.map(({ why }) => why), now],
  );
}
