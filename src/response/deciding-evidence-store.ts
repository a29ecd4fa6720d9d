import type { Queryable } from "../database/database.ts";

/** The observation of a case that a decision about it rests on, when no new one has come. */
export interface DecidingEvidence {
  /** Of the observation. */
  readonly id: string;
  readonly seenAt: Date;
  /** Null: its reporter does not say. */
  readonly confidence: number | null;
  readonly sourceId: string;
  readonly sourceTrust: number;
}

/** The newest one that a playbook would act upon, else the newest. undefined: the case has none. */
export async function decidingEvidence(
  on: Queryable,
  caseId: string,
  { minimumTrust, minimumConfidence }: { readonly minimumTrust: number; readonly minimumConfidence: number },
): Promise<DecidingEvidence | undefined> {
  const [row] = await on.query<DecidingEvidence>(
    `select told.id, told.seen_at as "seenAt", told.confidence, told.source_id as "sourceId", told.trust as "sourceTrust"
     from (
       select observation.id, coalesce(observation.observed_until, observation.observed_at) as seen_at,
         observation.source_id, source.trust,
         case when jsonb_typeof(observation.evidence -> 'confidence') = 'number'
           then (observation.evidence ->> 'confidence')::float8 end as confidence
       from observation join source on source.id = observation.source_id
       where observation.case_id = $1) as told
     order by told.trust >= $2 and coalesce(told.confidence, 1) >= $3 desc, told.seen_at desc, told.id desc limit 1`,
    [caseId, minimumTrust, minimumConfidence],
  );
  return row;
}
