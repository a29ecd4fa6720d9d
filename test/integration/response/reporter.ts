import { randomUUID } from "node:crypto";
import type { Database } from "../../../src/database/database.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { createReportReader } from "../../../src/intake/read-report.ts";
import { builtInPlaybook } from "../../../src/policy/built-in-playbooks.ts";
import {
  createReportReceiver,
  type ReceiveReport,
  type ReportDependencies,
} from "../../../src/response/receive-report.ts";

const readReport = createReportReader();

/** The report service on a real database with the real measures. */
export function reporterOn(database: Database, replaced: Partial<ReportDependencies> = {}) {
  const receive = createReportReceiver({
    database,
    readReport,
    isOwnAddress: () => false,
    newId: randomUUID,
    committed: () => undefined,
    playbookFor: builtInPlaybook,
    impossibleHere: new Set(),
    orderMeasure,
    ...replaced,
  });
  const post = (report: Partial<ReceiveReport> & { readonly sourceId: string; readonly now: Date }) =>
    receive({ contentType: "application/json", body: Buffer.from("[]"), ...report });
  return {
    post,
    /** A native observation list. */
    list: (sourceId: string, now: Date, observations: readonly object[]) =>
      post({ sourceId, now, body: Buffer.from(JSON.stringify(observations)) }),
  };
}

export interface MeasureSeen {
  readonly subscriber_id: string;
  readonly kind: string;
  readonly state: string;
  readonly case_id: string | null;
}

export const measuresOf = (database: Database, subscriberId: string): Promise<MeasureSeen[]> =>
  database.query<MeasureSeen>(
    "select subscriber_id, kind, state, case_id::text from measure where subscriber_id = $1 order by id",
    [subscriberId],
  );

export interface EventSeen {
  readonly kind: string;
  readonly actor: string;
  readonly note: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export const timelineOf = (database: Database, caseId: string): Promise<EventSeen[]> =>
  database.query<EventSeen>("select kind, actor, note, detail from case_event where case_id = $1 order by id", [
    caseId,
  ]);
