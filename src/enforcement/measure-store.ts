import type { Queryable, Transaction } from "../database/database.ts";
import type { Measure, MeasureDetail, MeasureKind, MeasureState } from "./measure.ts";

export interface MeasureRow {
  readonly id: string;
  readonly subscriber_id: string;
  readonly kind: MeasureKind;
  readonly params: unknown;
  readonly reason: string;
  readonly case_id: string | null;
  readonly ordered_by: string;
  readonly ordered_at: Date;
  readonly until: Date | null;
  readonly state: MeasureState;
  readonly held_by: string | null;
  readonly approvals: readonly string[];
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
  readonly lifted_at: Date | null;
  readonly lifted_by: string | null;
  readonly lifted_reason: string | null;
  readonly progress: "armed" | "regenerated" | null;
}

/** The columns of MeasureRow, of a table or alias named "measure". */
export const measureColumns = `measure.id, measure.subscriber_id, measure.kind, measure.params, measure.reason, measure.case_id,
  measure.ordered_by, measure.ordered_at, measure.until, measure.state, measure.held_by, measure.approvals,
  measure.decided_by, measure.decided_at, measure.lifted_at, measure.lifted_by, measure.lifted_reason, measure.progress`;

export function measureFromRow(row: MeasureRow): Measure {
  return {
    id: row.id,
    subscriberId: row.subscriber_id,
    reason: row.reason,
    ...(row.case_id === null ? {} : { caseId: row.case_id }),
    orderedBy: row.ordered_by,
    orderedAt: row.ordered_at,
    ...(row.until === null ? {} : { until: row.until }),
    state: row.state,
    ...(row.held_by === null ? {} : { heldBy: row.held_by }),
    approvals: row.approvals,
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
    ...(row.lifted_at === null ? {} : { liftedAt: row.lifted_at }),
    ...(row.lifted_by === null ? {} : { liftedBy: row.lifted_by }),
    ...(row.lifted_reason === null ? {} : { liftedReason: row.lifted_reason }),
    ...(row.progress === null ? {} : { progress: row.progress }),
    ...({ kind: row.kind, params: row.params } as MeasureDetail),
  };
}

const one = (rows: readonly MeasureRow[]): Measure | undefined => rows[0] && measureFromRow(rows[0]);

const standing = "measure.state in ('awaiting-approval', 'held', 'active')";

/** The measure of one kind that stands for a subscriber, waiting or in force. */
export async function standingMeasure(on: Queryable, subscriberId: string, kind: MeasureKind) {
  return one(
    await on.query<MeasureRow>(
      `select ${measureColumns} from measure where measure.subscriber_id = $1 and measure.kind = $2 and ${standing}`,
      [subscriberId, kind],
    ),
  );
}

/** Every standing measure of these subscribers. */
export async function standingMeasures(on: Queryable, subscriberIds: readonly string[]): Promise<Measure[]> {
  const rows = await on.query<MeasureRow>(
    `select ${measureColumns} from measure where measure.subscriber_id = any ($1::text[]) and ${standing} order by measure.id`,
    [subscriberIds],
  );
  return rows.map(measureFromRow);
}

/** The newest measure of one kind, standing or ended. */
export async function latestMeasure(on: Queryable, subscriberId: string, kind: MeasureKind) {
  return one(
    await on.query<MeasureRow>(
      `select ${measureColumns} from measure where measure.subscriber_id = $1 and measure.kind = $2
       order by measure.id desc limit 1`,
      [subscriberId, kind],
    ),
  );
}

export async function measureById(on: Queryable, id: string): Promise<Measure | undefined> {
  if (!/^\d{1,18}$/.test(id)) return undefined;
  return one(await on.query<MeasureRow>(`select ${measureColumns} from measure where measure.id = $1`, [id]));
}

export interface NewMeasure {
  readonly subscriberId: string;
  readonly detail: MeasureDetail;
  readonly reason: string;
  readonly caseId?: string;
  readonly orderedBy: string;
  readonly now: Date;
  readonly until?: Date;
  readonly state: "awaiting-approval" | "held" | "active";
  readonly heldBy?: string;
  readonly automatic?: { readonly sourceId: string; readonly category: string };
  /** It passed the breakers by itself. */
  readonly isCounted: boolean;
}

/** Writes a measure; the NASes that it reaches now are kept with it, for their breakers' counts. */
export async function insertMeasure(trx: Transaction, measure: NewMeasure): Promise<Measure> {
  const rows = await trx.query<MeasureRow>(
    `insert into measure (subscriber_id, kind, params, reason, case_id, ordered_by, ordered_at, until, state, held_by,
       progress, source_id, category, is_counted, nas_ids)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, array(
       select distinct session.nas_id from session where session.subscriber_id = $1 and session.stopped_at is null))
     returning ${measureColumns}`,
    [
      measure.subscriberId,
      measure.detail.kind,
      JSON.stringify(measure.detail.params),
      measure.reason,
      measure.caseId ?? null,
      measure.orderedBy,
      measure.now,
      measure.until ?? null,
      measure.state,
      measure.heldBy ?? null,
      measure.detail.kind === "regenerate-password" ? "armed" : null,
      measure.automatic?.sourceId ?? null,
      measure.automatic?.category ?? null,
      measure.isCounted,
    ],
  );
  const written = one(rows);
  if (!written) throw new Error("the measure just written is not there");
  return written;
}

export async function moveEnd(trx: Transaction, id: string, until: Date): Promise<Measure | undefined> {
  return one(
    await trx.query<MeasureRow>(`update measure set until = $2 where measure.id = $1 returning ${measureColumns}`, [
      id,
      until,
    ]),
  );
}

export interface Ending {
  readonly ids: readonly string[];
  readonly by: string;
  readonly reason?: string;
  readonly now: Date;
}

/** Ends those that still stand. What never came into force was rejected, unless `state` says that it was taken back. */
export async function endMeasures(trx: Transaction, ending: Ending, state: "lifted" | "rejected"): Promise<Measure[]> {
  const rows = await trx.query<MeasureRow>(
    `update measure set state = $5, lifted_at = $3, lifted_by = $2, lifted_reason = $4
     where measure.id = any ($1::bigint[]) and ${standing} returning ${measureColumns}`,
    [ending.ids, ending.by, ending.now, ending.reason ?? null, state],
  );
  return rows.map(measureFromRow);
}

export interface Approval {
  readonly id: string;
  readonly by: string;
  readonly now: Date;
  /** Whether this approval is enough for it to come into force. */
  readonly isEnough: boolean;
}

export async function writeApproval(
  trx: Transaction,
  { id, by, now, isEnough }: Approval,
): Promise<Measure | undefined> {
  return one(
    await trx.query<MeasureRow>(
      `update measure set approvals = measure.approvals || $2::text, decided_by = $2, decided_at = $3,
         state = case when $4 then 'active' else measure.state end
       where measure.id = $1 returning ${measureColumns}`,
      [id, by, now, isEnough],
    ),
  );
}

/** regenerate-password: the password was changed just now. */
export async function writeRegenerated(trx: Transaction, id: string): Promise<Measure | undefined> {
  return one(
    await trx.query<MeasureRow>(
      `update measure set progress = 'regenerated' where measure.id = $1 and measure.state = 'active'
       returning ${measureColumns}`,
      [id],
    ),
  );
}

/** Standing measures past their end, oldest end first. */
export async function overdueMeasures(on: Queryable, now: Date, limit: number): Promise<Measure[]> {
  const rows = await on.query<MeasureRow>(
    `select ${measureColumns} from measure where ${standing} and measure.until <= $1 order by measure.until limit $2`,
    [now, limit],
  );
  return rows.map(measureFromRow);
}
