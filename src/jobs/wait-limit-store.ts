import type { Transaction } from "../database/database.ts";

export interface WaitLimits {
  /** For each lock. */
  readonly lockMs: number;
  /** For each statement, its locks among it. */
  readonly statementMs: number;
}

/** Until the transaction ends. */
export async function limitWaits(trx: Transaction, { lockMs, statementMs }: WaitLimits): Promise<void> {
  await trx.query("select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)", [
    `${lockMs}ms`,
    `${statementMs}ms`,
  ]);
}

// PostgreSQL's documentation, appendix A: lock_not_available, query_canceled
const limitCodes: readonly unknown[] = ["55P03", "57014"];

/** Whether a transaction failed since it met one of its limits. */
export const isWaitLimit = (error: unknown): boolean =>
  limitCodes.includes((error as { readonly code?: unknown } | null)?.code);
