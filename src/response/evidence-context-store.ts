import type { Queryable } from "../database/database.ts";
import type { Category } from "../intake/category.ts";
import type { Line } from "../policy/line-protection.ts";

/** A subscriber and a category: what a case is about. */
export interface Matter {
  readonly subscriberId: string;
  readonly category: Category;
}

/** What must be known of a matter before anything is decided upon new evidence. */
export interface EvidenceContext extends Matter {
  readonly subscriber: Line;
  /** The newest closed case of this matter. */
  readonly pastCaseId: string | null;
  /** When this matter was last let go: the past case's release or closing, whichever is newer. */
  readonly letGoAt: Date | null;
  /** The measures that stand for the subscriber, in force or waiting: kind to id. */
  readonly standing: Readonly<Record<string, string>>;
  /** When the subscriber was last let out of a measure of each kind, or a person refused it. */
  readonly lifted: Readonly<Record<string, Date>>;
}

interface ContextRow {
  readonly subscriber_id: string;
  readonly category: Category;
  readonly class: string;
  readonly protections: string[];
  readonly past_case_id: string | null;
  readonly let_go_at: Date | null;
  readonly standing: Readonly<Record<string, string>> | null;
  readonly lifted: Readonly<Record<string, string>> | null;
}

const contextFromRow = (row: ContextRow): EvidenceContext => ({
  subscriberId: row.subscriber_id,
  category: row.category,
  subscriber: { class: row.class, protections: row.protections },
  pastCaseId: row.past_case_id,
  letGoAt: row.let_go_at,
  standing: row.standing ?? {},
  lifted: Object.fromEntries(Object.entries(row.lifted ?? {}).map(([kind, at]) => [kind, new Date(at)])),
});

/** One query for all; a matter whose subscriber was removed meanwhile is missing in the answer. */
export async function evidenceContexts(on: Queryable, matters: readonly Matter[]): Promise<EvidenceContext[]> {
  const rows = await on.query<ContextRow>(
    `select given.subscriber_id, given.category, subscriber.class, subscriber.protections,
       past.id as past_case_id, greatest(past.released_at, past.closed_at) as let_go_at,
       (select jsonb_object_agg(measure.kind, measure.id::text) from measure where measure.subscriber_id = given.subscriber_id
         and measure.state in ('awaiting-approval', 'held', 'active')) as standing,
       (select jsonb_object_agg(ended.kind, ended.at) from (
          select measure.kind, max(coalesce(measure.lifted_at, measure.decided_at, measure.ordered_at)) as at
          from measure where measure.subscriber_id = given.subscriber_id and measure.state in ('lifted', 'rejected')
          group by measure.kind) as ended) as lifted
     from unnest($1::text[], $2::text[]) as given (subscriber_id, category)
     join subscriber on subscriber.id = given.subscriber_id
     left join lateral (
       select subscriber_case.id, subscriber_case.released_at, subscriber_case.closed_at from subscriber_case
       where subscriber_case.subscriber_id = given.subscriber_id and subscriber_case.category = given.category
         and subscriber_case.state = 'closed'
       order by subscriber_case.id desc limit 1
     ) as past on true`,
    [matters.map(({ subscriberId }) => subscriberId), matters.map(({ category }) => category)],
  );
  return rows.map(contextFromRow);
}
