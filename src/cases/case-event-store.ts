import type { Transaction } from "../database/database.ts";

/** An entry of a case's timeline. `actor`: "source:<id>", "playbook:<id>" or whoever did it ("key:<id>"). */
export interface CaseEvent {
  readonly caseId: string;
  readonly kind: string;
  readonly actor: string;
  readonly note?: string | undefined;
  readonly detail?: object | undefined;
}

/** Appends to timelines, in the order given. */
export async function addCaseEvents(trx: Transaction, events: readonly CaseEvent[], now: Date): Promise<void> {
  if (events.length === 0) return;
  await trx.query(
    `insert into case_event (case_id, at, kind, actor, note, detail)
     select given.case_id, $6::timestamptz, given.kind, given.actor, given.note, given.detail::jsonb
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) with ordinality
       as given (case_id, kind, actor, note, detail, place)
     order by given.place`,
    [
      events.map(({ caseId }) => caseId),
      events.map(({ kind }) => kind),
      events.map(({ actor }) => actor),
      events.map(({ note }) => note ?? null),
      events.map(({ detail }) => JSON.stringify(detail ?? {})),
      now,
    ],
  );
}
