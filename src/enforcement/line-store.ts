import type { Transaction } from "../database/database.ts";
import type { Line } from "../policy/line-protection.ts";

/** A subscriber's line, locked against sessions being opened and measures being set meanwhile; undefined: there is none. */
export async function lockLine(trx: Transaction, subscriberId: string): Promise<Line | undefined> {
  const [line] = await trx.query<Line>(
    `select subscriber.class, subscriber.protections from subscriber where subscriber.id = $1 for no key update`,
    [subscriberId],
  );
  return line;
}
