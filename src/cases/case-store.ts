import type { Queryable, Transaction } from "../database/database.ts";
import type { Category, Severity } from "../intake/category.ts";
import type { CaseState } from "./case-state.ts";

/** A case as stored, as far as deciding about it needs. */
export interface Case {
  readonly id: string;
  /** Null: nobody could be named for sure. */
  readonly subscriberId: string | null;
  readonly category: Category;
  readonly severity: Severity;
  readonly state: CaseState;
  readonly stage: string | null;
  /** Why the playbook's measure was not ordered; null: it was, or none is due. */
  readonly withheld: string | null;
  readonly releasedAt: Date | null;
  readonly closedAt: Date | null;
}

/** Whom a case is about: a subscriber, or what its doubtful observations have in common. */
export type Subject =
  | { readonly kind: "subscriber"; readonly subscriberId: string }
  | { readonly kind: "doubt"; readonly doubt: string };

export interface CaseOpening {
  readonly subject: Subject;
  readonly category: Category;
  readonly severity: Severity;
}

export interface OpenedCase extends Case {
  /** What a case without subscriber was opened under. */
  readonly doubt: string | null;
  readonly isNew: boolean;
}

interface CaseRow {
  readonly id: string;
  readonly subscriber_id: string | null;
  readonly doubt: string | null;
  readonly category: Category;
  readonly severity: Severity;
  readonly state: CaseState;
  readonly stage: string | null;
  readonly withheld: string | null;
  readonly released_at: Date | null;
  readonly closed_at: Date | null;
}

const columns = `subscriber_case.id, subscriber_case.subscriber_id, subscriber_case.doubt, subscriber_case.category,
  subscriber_case.severity, subscriber_case.state, subscriber_case.stage, subscriber_case.withheld,
  subscriber_case.released_at, subscriber_case.closed_at`;

const caseFromRow = (row: CaseRow): Case => ({
  id: row.id,
  subscriberId: row.subscriber_id,
  category: row.category,
  severity: row.severity,
  state: row.state,
  stage: row.stage,
  withheld: row.withheld,
  releasedAt: row.released_at,
  closedAt: row.closed_at,
});

/** A case gets worse, never better, by new observations. */
const worseSeverity = `case
  when array_position(array['low', 'medium', 'high', 'critical'], excluded.severity)
     > array_position(array['low', 'medium', 'high', 'critical'], subscriber_case.severity)
  then excluded.severity else subscriber_case.severity end`;

const openingSql = (subject: "subscriber_id" | "doubt", conflict: string): string =>
  `insert into subscriber_case (${subject}, category, severity, state, opened_at, updated_at)
   select given.subject, given.category, given.severity, 'open', $4::timestamptz, $4::timestamptz
   from unnest($1::text[], $2::text[], $3::text[]) as given (subject, category, severity)
   order by given.subject collate "C", given.category
   on conflict ${conflict}
   do update set severity = ${worseSeverity}, updated_at = excluded.updated_at
   returning ${columns}, subscriber_case.xmax = 0 as is_new`;

const openSubscriberCases = openingSql(
  "subscriber_id",
  "(subscriber_id, category) where closed_at is null and subscriber_id is not null",
);
const openDoubtCases = openingSql("doubt", "(doubt) where closed_at is null and doubt is not null");

type OpeningRow = CaseRow & { readonly is_new: boolean };

const openedFromRow = (row: OpeningRow): OpenedCase => ({
  ...caseFromRow(row),
  doubt: row.doubt,
  isNew: row.is_new,
});

const subjectOf = ({ subject }: CaseOpening): string =>
  subject.kind === "subscriber" ? subject.subscriberId : subject.doubt;

/**
 * Gives each subject and category its one open case: the one there is, or a new one. Their rows stay locked until
 * commit, in one order everywhere, so that two reports at once take turns. No two openings may be of the same case.
 */
export async function openCases(trx: Transaction, openings: readonly CaseOpening[], now: Date): Promise<OpenedCase[]> {
  const open = async (kind: Subject["kind"], sql: string): Promise<OpenedCase[]> => {
    const of = openings.filter((opening) => opening.subject.kind === kind);
    if (of.length === 0) return [];
    const rows = await trx.query<OpeningRow>(sql, [
      of.map(subjectOf),
      of.map((opening) => opening.category),
      of.map((opening) => opening.severity),
      now,
    ]);
    return rows.map(openedFromRow);
  };
  return (await Promise.all([open("subscriber", openSubscriberCases), open("doubt", openDoubtCases)])).flat();
}

/** Removes cases that this very transaction opened, before anything was said of them. */
export async function takeBackCases(trx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await trx.query("delete from subscriber_case where subscriber_case.id = any ($1::bigint[])", [ids]);
}

const isId = (id: string): boolean => /^\d{1,18}$/.test(id);

/** One case, locked until commit. */
export async function lockCase(trx: Transaction, id: string): Promise<Case | undefined> {
  if (!isId(id)) return undefined;
  const rows = await trx.query<CaseRow>(
    `select ${columns} from subscriber_case where subscriber_case.id = $1 for no key update`,
    [id],
  );
  return rows[0] && caseFromRow(rows[0]);
}

/** The subscriber's cases in which a measure may be in force, other than this one, locked until commit. */
export async function lockOtherCases(trx: Transaction, { id, subscriberId }: Case): Promise<Case[]> {
  if (subscriberId === null) return [];
  const rows = await trx.query<CaseRow>(
    `select ${columns} from subscriber_case
     where subscriber_case.subscriber_id = $1 and subscriber_case.id <> $2 and subscriber_case.state in ('open', 'on-hold')
     order by subscriber_case.id for no key update`,
    [subscriberId, id],
  );
  return rows.map(caseFromRow);
}

/** The open case of the same subject, if this closed one were opened again beside it. */
export async function openTwin(on: Queryable, id: string): Promise<string | undefined> {
  const rows = await on.query<{ id: string }>(
    `select twin.id from subscriber_case join subscriber_case as twin
       on twin.category = subscriber_case.category and twin.closed_at is null and twin.id <> subscriber_case.id
       and (twin.subscriber_id = subscriber_case.subscriber_id or twin.doubt = subscriber_case.doubt)
     where subscriber_case.id = $1`,
    [id],
  );
  return rows[0]?.id;
}

/** Where a case stands after something happened to it. */
export interface CaseStanding {
  readonly id: string;
  readonly state: CaseState;
  readonly stage: string | null;
  readonly withheld: string | null;
  readonly playbookId?: string | undefined;
  readonly playbookVersion?: number | undefined;
  /** Set: released just now. */
  readonly releasedAt?: Date | undefined;
}

/** Writes where cases stand; closing sets the time, leaving `closed` takes it away. */
export async function writeStandings(trx: Transaction, standings: readonly CaseStanding[], now: Date): Promise<void> {
  if (standings.length === 0) return;
  await trx.query(
    `update subscriber_case set state = given.state, stage = given.stage, withheld = given.withheld,
       playbook_id = coalesce(given.playbook_id, subscriber_case.playbook_id),
       playbook_version = coalesce(given.playbook_version, subscriber_case.playbook_version),
       released_at = coalesce(given.released_at, subscriber_case.released_at), updated_at = $8::timestamptz,
       closed_at = case when given.state = 'closed' then coalesce(subscriber_case.closed_at, $8) end
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::timestamptz[])
       as given (id, state, stage, withheld, playbook_id, playbook_version, released_at)
     where subscriber_case.id = given.id`,
    [
      standings.map(({ id }) => id),
      standings.map(({ state }) => state),
      standings.map(({ stage }) => stage),
      standings.map(({ withheld }) => withheld),
      standings.map(({ playbookId }) => playbookId ?? null),
      standings.map(({ playbookVersion }) => playbookVersion ?? null),
      standings.map(({ releasedAt }) => releasedAt ?? null),
      now,
    ],
  );
}
