import { pastEnforcements } from "../enforcement/enforcement-retention-store.ts";
import { endedMeasures } from "../enforcement/measure-retention-store.ts";
import { closedCases, removeClosedCases } from "../response/case-retention-store.ts";
import { oldObservations, receivedReports, removeReports } from "../response/report-retention-store.ts";
import { type AgedRows, removeAged, stockOf } from "../session/aged-rows-retention-store.ts";
import { endedSessions } from "../session/session-retention-store.ts";
import { pastAudit } from "./audit-retention-store.ts";
import type { Purge } from "./purge.ts";

const PORTION = 5_000;
/** Each brings others along. */
const PARENTS = 500;

const aged = (kind: string, rows: AgedRows): Purge => ({
  kind,
  tables: [rows.table],
  portion: PORTION,
  remove: (trx, portion) => removeAged(trx, rows, portion),
  stock: (on, before) => stockOf(on, rows, before),
});

/** What goes by WEIR_RETENTION_CASE_DAYS, in this order: what explains something goes after it. */
export const casePurges = {
  cases: {
    kind: "cases",
    tables: ["subscriber_case", "observation"],
    portion: PARENTS,
    remove: removeClosedCases,
    stock: (on, before) => stockOf(on, closedCases, before),
  },
  measures: aged("measures", endedMeasures),
  enforcements: aged("enforcements", pastEnforcements),
  reports: {
    kind: "reports",
    tables: ["report", "observation"],
    portion: PARENTS,
    remove: removeReports,
    stock: (on, before) => stockOf(on, receivedReports, before),
  },
  audit: aged("auditEntries", pastAudit),
} as const satisfies Readonly<Record<string, Purge>>;

/** What goes by WEIR_RETENTION_SESSION_DAYS; the address history goes in months (interval-months.ts). */
export const sessionPurge = aged("sessions", endedSessions);

/** Goes with cases and reports; only looked at for itself. */
export const observationStock = { kind: "observations", stock: oldObservations } as const;
