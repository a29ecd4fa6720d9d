import type { Queryable } from "../database/database.ts";

export interface ReportedCase {
  readonly id: string;
  /** null: nobody could be named for sure. */
  readonly subscriber: string | null;
  readonly category: string;
  readonly state: string;
  readonly stage: string | null;
  /** Why the playbook's measure was not ordered; null: it was, or none is due. */
  readonly withheld: string | null;
}

/** Cases by their ids, in the order in which they were opened. */
export async function reportedCases(on: Queryable, ids: readonly string[]): Promise<ReportedCase[]> {
  return await on.query<ReportedCase>(
    `select subscriber_case.id, subscriber_case.subscriber_id as subscriber, subscriber_case.category,
       subscriber_case.state, subscriber_case.stage, subscriber_case.withheld
     from subscriber_case where subscriber_case.id = any ($1::bigint[]) order by subscriber_case.id`,
    [ids],
  );
}
