import type { CaseState } from "../cases/case-state.ts";
import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import type { Measure } from "../enforcement/measure.ts";
import { type MeasureRow, measureColumns, measureFromRow } from "../enforcement/measure-store.ts";
import type { Category, Severity } from "../intake/category.ts";
import {
  type ObservationRow,
  type ObservationView,
  observationColumns,
  observationFromRow,
} from "./observation-view-store.ts";

export interface CaseEventView {
  readonly at: Date;
  readonly kind: string;
  /** "source:<id>", "playbook:<id>", "key:<id>". */
  readonly actor: string;
  readonly note: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A case as people and programs see it. */
export interface CaseView {
  readonly id: string;
  /** Null: nobody could be named for sure; its observations hold the candidates. */
  readonly subscriber: string | null;
  readonly category: Category;
  readonly severity: Severity;
  readonly state: CaseState;
  readonly stage: string | null;
  /** Why the playbook's measure was not ordered; null: it was. */
  readonly withheld: string | null;
  readonly playbook: { readonly id: string; readonly version: number } | null;
  readonly deadlineAt: Date | null;
  readonly openedAt: Date;
  readonly updatedAt: Date;
  readonly releasedAt: Date | null;
  readonly closedAt: Date | null;
  /** Oldest first; where it is longer than what is shown, the newest. */
  readonly timeline: readonly CaseEventView[];
  /** Newest first, and so many of them; /v1/observations?case= has all. */
  readonly observations: readonly ObservationView[];
  /** Oldest first. */
  readonly measures: readonly Measure[];
}

interface CaseRow {
  readonly id: string;
  readonly subscriber_id: string | null;
  readonly category: Category;
  readonly severity: Severity;
  readonly state: CaseState;
  readonly stage: string | null;
  readonly withheld: string | null;
  readonly playbook_id: string | null;
  readonly playbook_version: number | null;
  readonly deadline_at: Date | null;
  readonly opened_at: Date;
  readonly updated_at: Date;
  readonly released_at: Date | null;
  readonly closed_at: Date | null;
}

const columns = `subscriber_case.id, subscriber_case.subscriber_id, subscriber_case.category, subscriber_case.severity,
  subscriber_case.state, subscriber_case.stage, subscriber_case.withheld, subscriber_case.playbook_id,
  subscriber_case.playbook_version, subscriber_case.deadline_at, subscriber_case.opened_at, subscriber_case.updated_at,
  subscriber_case.released_at, subscriber_case.closed_at`;

/** Of one case by itself, and of each case in a list. */
const SHOWN_ALONE = 200;
const SHOWN_IN_LIST = 20;

/** Stored is that a measure is to hold from then on, "active"; the calls about measures call that pending. */
export const inWordsOfMeasures = (detail: CaseEventView["detail"]): CaseEventView["detail"] =>
  detail["measureState"] === "active" ? { ...detail, measureState: "pending" } : detail;

type Of<Item> = ReadonlyMap<string, readonly Item[]>;

async function timelines(on: Queryable, ids: readonly string[], shown: number): Promise<Of<CaseEventView>> {
  const rows = await on.query<CaseEventView & { readonly case_id: string }>(
    `select newest.case_id, newest.at, newest.kind, newest.actor, newest.note, newest.detail
     from unnest($1::bigint[]) as given (id)
     cross join lateral (select case_event.* from case_event where case_event.case_id = given.id
       order by case_event.id desc limit $2) as newest
     order by newest.id`,
    [ids, shown],
  );
  return Map.groupBy(
    rows.map(({ detail, ...event }) => ({ ...event, detail: inWordsOfMeasures(detail) })),
    ({ case_id: id }) => id,
  );
}

async function observationsOf(on: Queryable, ids: readonly string[], shown: number): Promise<Of<ObservationView>> {
  const rows = await on.query<ObservationRow>(
    `select newest.* from unnest($1::bigint[]) as given (id)
     cross join lateral (select ${observationColumns} from observation where observation.case_id = given.id
       order by observation.id desc limit $2) as newest
     order by newest.id desc`,
    [ids, shown],
  );
  return Map.groupBy(rows.map(observationFromRow), (observation) => observation.case ?? "");
}

async function measuresOf(on: Queryable, ids: readonly string[]): Promise<Of<Measure>> {
  const rows = await on.query<MeasureRow>(
    `select ${measureColumns} from measure where measure.case_id = any ($1::bigint[]) order by measure.id`,
    [ids],
  );
  return Map.groupBy(rows.map(measureFromRow), ({ caseId }) => caseId ?? "");
}

const playbookOf = ({ playbook_id: id, playbook_version: version }: CaseRow): CaseView["playbook"] =>
  id === null || version === null ? null : { id, version };

async function viewsOf(on: Queryable, rows: readonly CaseRow[], shown: number): Promise<CaseView[]> {
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return [];
  const events = await timelines(on, ids, shown);
  const observations = await observationsOf(on, ids, shown);
  const measures = await measuresOf(on, ids);
  return rows.map((row) => ({
    id: row.id,
    subscriber: row.subscriber_id,
    category: row.category,
    severity: row.severity,
    state: row.state,
    stage: row.stage,
    withheld: row.withheld,
    playbook: playbookOf(row),
    deadlineAt: row.deadline_at,
    openedAt: row.opened_at,
    updatedAt: row.updated_at,
    releasedAt: row.released_at,
    closedAt: row.closed_at,
    timeline: (events.get(row.id) ?? []).map(({ at, kind, actor, note, detail }) => ({
      at,
      kind,
      actor,
      note,
      detail,
    })),
    observations: observations.get(row.id) ?? [],
    measures: measures.get(row.id) ?? [],
  }));
}

/** Undefined: there is none of that id. */
export async function caseById(on: Queryable, id: string): Promise<CaseView | undefined> {
  if (!/^\d{1,18}$/.test(id)) return undefined;
  const rows = await on.query<CaseRow>(`select ${columns} from subscriber_case where subscriber_case.id = $1`, [id]);
  return (await viewsOf(on, rows, SHOWN_ALONE))[0];
}

export interface CaseFilter {
  readonly state?: string | undefined;
  readonly subscriber?: string | undefined;
  readonly category?: string | undefined;
}

/** Newest first. Throws CursorError. */
export async function listCases(on: Queryable, filter: CaseFilter, page: PageRequest): Promise<Page<CaseView>> {
  const [before] = page.cursor === undefined ? [] : readCursor(page.cursor, ["id"]);
  const rows = await on.query<CaseRow>(
    `select ${columns} from subscriber_case
     where ($1::text is null or subscriber_case.state = $1)
       and ($2::text is null or subscriber_case.subscriber_id = $2)
       and ($3::text is null or subscriber_case.category = $3)
       and ($4::bigint is null or subscriber_case.id < $4)
     order by subscriber_case.id desc limit $5`,
    [filter.state ?? null, filter.subscriber ?? null, filter.category ?? null, before ?? null, page.limit + 1],
  );
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    items: await viewsOf(on, shown, SHOWN_IN_LIST),
    next: rows.length > page.limit && last ? writeCursor([last.id]) : null,
  };
}
