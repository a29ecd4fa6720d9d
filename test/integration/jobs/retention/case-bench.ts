import type { Database } from "../../../../src/database/database.ts";
import { approveMeasure } from "../../../../src/enforcement/approve-measure.ts";
import { liftMeasure } from "../../../../src/enforcement/lift-measure.ts";
import { orderMeasure } from "../../../../src/enforcement/order-measure.ts";
import { putSource } from "../../../../src/intake/source-store.ts";
import { builtInPlaybook } from "../../../../src/policy/built-in-playbooks.ts";
import { postCaseEvent } from "../../../../src/response/post-case-event.ts";
import { customerAt } from "../../response/customers.ts";
import { reporterOn } from "../../response/reporter.ts";
import { emptied } from "./retention-bench.ts";

/** Customers who were reported, and what became of it. */
export function caseBench(database: Database) {
  const count = async (table: string): Promise<number> =>
    (await database.query<{ count: number }>(`select count(*)::int as count from ${table}`))[0]!.count;
  const counts = async (...tables: string[]): Promise<number[]> => {
    const found: number[] = [];
    for (const table of tables) found.push(await count(table));
    return found;
  };
  const hour = 60 * 60 * 1000;

  /** A customer, reported at that time, with a case and a measure of it, and the request that was sent for it. */
  async function reported(name: string, address: string, at: Date) {
    const sessionId = await customerAt(database, name, address, new Date(at.getTime() - hour));
    const row = { ip: address, at: new Date(at.getTime() - 60_000).toISOString(), category: "botnet" };
    const { cases, id } = await reporterOn(database).list("feed", at, [row]);
    await database.query(
      `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, outcome, request)
       values ($1, $2, 'bng1', 'coa', 'walled-garden', $3, 'acknowledged', '\\x2b')`,
      [sessionId, name, new Date(at.getTime() + 1000)],
    );
    return { caseId: cases[0]!, reportId: id, sessionId };
  }

  const say = (caseId: string, type: "close" | "release" | "note", at: Date) =>
    database.transaction((trx) =>
      postCaseEvent(
        trx,
        { playbookFor: builtInPlaybook, impossibleHere: new Set(), orderMeasure, liftMeasure, approveMeasure },
        { caseId, type, by: "key:test", now: at },
      ),
    );

  /** The customer's session ends then, and they have another one since. */
  async function loggedOut(sessionId: string, at: Date) {
    await database.query("update session set stopped_at = $2, last_seen_at = $2, last_event_at = $2 where id = $1", [
      sessionId,
      at,
    ]);
    await database.query("update address_interval set held_until = $2 where session_id = $1", [sessionId, at]);
    await database.query("delete from enforcement_job where session_id = $1", [sessionId]);
  }
  const reset = async () => {
    await database.query(`truncate ${emptied} cascade`);
    await database.query("insert into breaker (id) values ('base')");
    await putSource(database, { id: "feed", kind: "third-party", trust: 90 });
  };
  return { count, counts, reported, say, loggedOut, reset };
}
