import { randomUUID } from "node:crypto";
import type { Database, Queryable } from "../../../src/database/database.ts";

export interface CustomerOptions {
  readonly class?: string;
  readonly protections?: readonly string[];
}

/** A subscriber as the operator would have put it. */
export async function subscriber(on: Queryable, id: string, options: CustomerOptions = {}): Promise<string> {
  await on.query("insert into subscriber (id, class, protections) values ($1, $2, $3)", [
    id,
    options.class ?? "residential",
    options.protections ?? [],
  ]);
  return id;
}

export interface HeldSession {
  readonly subscriber: string | null;
  readonly prefix: string;
  readonly from: Date;
  readonly to?: Date;
  readonly nas?: string;
  /** When a record last showed it alive; else its end. */
  readonly seen?: Date;
}

/** A session as accounting would have left it. Returns its id. */
export async function session(on: Queryable, held: HeldSession): Promise<string> {
  const [row] = await on.query<{ id: string }>(
    `insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, stopped_at, username, subscriber_id)
     values ($1, $2, $3, $4, $4, $5, $6, $7) returning id`,
    [
      held.nas ?? "bng1",
      randomUUID(),
      held.from,
      held.seen ?? held.to ?? held.from,
      held.to ?? null,
      held.subscriber ?? "nobody@isp.example",
      held.subscriber,
    ],
  );
  if (!row) throw new Error("no session");
  await on.query(
    `insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id)
     values ($1, $2, coalesce($3::timestamptz, 'infinity'), $4, $5, $6)`,
    [held.prefix, held.from, held.to ?? null, row.id, held.subscriber, held.nas ?? "bng1"],
  );
  return row.id;
}

/** A new customer with an address of their own since `from`. */
export async function customerAt(
  database: Database,
  id: string,
  address: string,
  from: Date,
  options?: CustomerOptions,
) {
  await subscriber(database, id, options);
  return await session(database, { subscriber: id, prefix: `${address}/${address.includes(":") ? 128 : 32}`, from });
}
