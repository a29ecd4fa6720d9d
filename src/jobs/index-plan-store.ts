import type { Transaction } from "../database/database.ts";

/**
 * For transactions that look up little in large tables: by index, row for row, whatever the statistics say. Where they
 * are wrong or lopsided PostgreSQL would read all of a table for each portion. Until the transaction ends.
 */
export async function planByIndex(trx: Transaction): Promise<void> {
  await trx.query(
    `select set_config(setting, 'off', true)
     from unnest(array['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) as setting`,
  );
}
