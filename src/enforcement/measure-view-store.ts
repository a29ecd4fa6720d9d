import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import { isContradicted, type Shown } from "../session/session-view.ts";
import type { Measure, MeasureKind, MeasureState } from "./measure.ts";
import { latestMeasure, type MeasureRow, measureById, measureColumns, measureFromRow } from "./measure-store.ts";
import {
  type MeasureView,
  type MeasureViewState,
  measureView,
  type SessionOutcome,
  type SessionStanding,
} from "./measure-view.ts";

interface StandingRow {
  readonly id: string;
  readonly subscriber_id: string;
  readonly stopped_at: Date | null;
  readonly is_applied: boolean;
  readonly expected: Shown | null;
  readonly observed: Shown | null;
  readonly has_job: boolean;
  readonly obstacle: string | null;
  readonly attempt_id: string | null;
  readonly outcome: SessionOutcome | null;
  readonly error_cause: number | null;
}

/** At most so many sessions that ended since are shown beside the open ones. */
const MOST_ENDED_SHOWN = 100;

/**
 * How the sessions of these subscribers stand to their profiles: the open ones, and of those that ended since `since`
 * the ones that were told of the present profile (a suspended session ends by its acknowledgement).
 */
async function standingsOf(
  on: Queryable,
  { subscriberIds, since }: { readonly subscriberIds: readonly string[]; readonly since: Date | undefined },
): Promise<Map<string, SessionStanding[]>> {
  const rows = await on.query<StandingRow>(
    `select session.id, session.subscriber_id, session.stopped_at,
       session.applied_digest is not distinct from subscriber.profile_digest as is_applied,
       session.expected, session.observed,
       job.session_id is not null as has_job, session.obstacle,
       attempt.id as attempt_id, attempt.outcome, attempt.error_cause
     from session
     join subscriber on subscriber.id = session.subscriber_id
     left join enforcement_job as job on job.session_id = session.id
     left join lateral (
       select enforcement.id, enforcement.digest, enforcement.outcome, enforcement.error_cause from enforcement
       where enforcement.session_id = session.id order by enforcement.id desc limit 1) as attempt
       on attempt.digest is not distinct from subscriber.profile_digest
     where session.subscriber_id = any ($1::text[])
       and (session.stopped_at is null or (session.stopped_at >= $2 and attempt.id is not null))
     order by session.stopped_at desc nulls first, session.id limit $3 + (
       select count(*) from session as open where open.subscriber_id = any ($1::text[]) and open.stopped_at is null)`,
    [subscriberIds, since ?? null, MOST_ENDED_SHOWN],
  );
  const bySubscriber = Map.groupBy(rows, (row) => row.subscriber_id);
  return new Map([...bySubscriber].map(([subscriberId, all]) => [subscriberId, all.map(standingFromRow)]));
}

const standingFromRow = (row: StandingRow): SessionStanding => ({
  session: row.id,
  isOpen: row.stopped_at === null,
  isFollowing: row.is_applied && !isContradicted(row.expected, row.observed),
  hasJob: row.has_job,
  obstacle: row.obstacle,
  ...(row.attempt_id !== null && {
    attempt: {
      outcome: row.outcome ?? "pending",
      ...(row.error_cause !== null && { errorCause: row.error_cause }),
    },
  }),
});

async function viewOf(on: Queryable, measure: Measure | undefined): Promise<MeasureView | undefined> {
  if (!measure) return undefined;
  const since = measure.liftedAt ?? measure.decidedAt ?? measure.orderedAt;
  const standings = await standingsOf(on, { subscriberIds: [measure.subscriberId], since });
  return measureView(measure, standings.get(measure.subscriberId) ?? []);
}

/** One measure as the API shows it. undefined: there is none. */
export async function measureViewById(on: Queryable, id: string): Promise<MeasureView | undefined> {
  return await viewOf(on, await measureById(on, id));
}

/** The newest measure of a kind, also one that has ended. undefined: there never was one. */
export async function measureViewOfKind(
  on: Queryable,
  { subscriberId, kind }: { readonly subscriberId: string; readonly kind: MeasureKind },
): Promise<MeasureView | undefined> {
  return await viewOf(on, await latestMeasure(on, subscriberId, kind));
}

/** How measures stand, by their ids. */
export async function measureStates(on: Queryable, ids: readonly string[]): Promise<Map<string, MeasureViewState>> {
  const rows = await on.query<MeasureRow>(
    `select ${measureColumns} from measure where measure.id = any ($1::bigint[])`,
    [ids],
  );
  const subscriberIds = [...new Set(rows.map((row) => row.subscriber_id))];
  const standings = await standingsOf(on, { subscriberIds, since: undefined });
  return new Map(
    rows.map((row) => [row.id, measureView(measureFromRow(row), standings.get(row.subscriber_id) ?? []).state]),
  );
}

export interface MeasureFilter {
  readonly subscriberId?: string;
  readonly kind?: MeasureKind;
  readonly caseId?: string;
  /** As stored: "active" for everything that is in force or being brought about. */
  readonly states?: readonly MeasureState[];
  readonly heldBy?: string;
}

/** Measures, newest first, with the open sessions of their subscribers. Throws CursorError. */
export async function listMeasures(
  on: Queryable,
  filter: MeasureFilter,
  page: PageRequest,
): Promise<Page<MeasureView>> {
  const [before] = page.cursor === undefined ? [null] : readCursor(page.cursor, ["id"]);
  const rows = await on.query<MeasureRow>(
    `select ${measureColumns} from measure
     where ($1::text is null or measure.subscriber_id = $1) and ($2::text is null or measure.kind = $2)
       and ($3::bigint is null or measure.case_id = $3) and ($4::text[] is null or measure.state = any ($4))
       and ($5::text is null or measure.held_by = $5) and ($6::bigint is null or measure.id < $6)
     order by measure.id desc limit $7`,
    [
      filter.subscriberId ?? null,
      filter.kind ?? null,
      filter.caseId ?? null,
      filter.states ?? null,
      filter.heldBy ?? null,
      before,
      page.limit + 1,
    ],
  );
  const measures = rows.slice(0, page.limit).map(measureFromRow);
  const subscriberIds = [...new Set(measures.map(({ subscriberId }) => subscriberId))];
  const standings = await standingsOf(on, { subscriberIds, since: undefined });
  const last = rows.length > page.limit ? measures.at(-1) : undefined;
  return {
    items: measures.map((measure) => measureView(measure, standings.get(measure.subscriberId) ?? [])),
    next: last ? writeCursor([last.id]) : null,
  };
}
