import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import type { Subscriber } from "./subscriber.ts";

const selection = `select subscriber.id, subscriber.name, subscriber.email, subscriber.phone, subscriber.locale,
    subscriber.class, subscriber.plan, subscriber.protections, subscriber.is_automatic as "isAutomatic",
    subscriber.created_at as "createdAt", subscriber.updated_at as "updatedAt",
    exists (select from credential where credential.subscriber_id = subscriber.id) as "hasCredential",
    array(select subscriber_username.username from subscriber_username
      where subscriber_username.subscriber_id = subscriber.id order by subscriber_username.username) as usernames
  from subscriber`;

export async function subscriberById(on: Queryable, id: string): Promise<Subscriber | undefined> {
  const [row] = await on.query<Subscriber>(`${selection} where subscriber.id = $1`, [id]);
  return row;
}

export async function subscriberExists(on: Queryable, id: string): Promise<boolean> {
  return (await on.query("select 1 from subscriber where subscriber.id = $1", [id])).length > 0;
}

export interface SubscriberFilter {
  /** The start of an id, username, e-mail address or phone number, or of words of the name. */
  readonly search?: string;
  readonly username?: string;
}

/** One way to search, each with its own index. `$1` is the text with a wildcard at its end, `$2` the words of a name. */
const matches = [
  "select named.id from subscriber as named where lower(named.id) like $1",
  "select named.id from subscriber as named where lower(named.email) like $1",
  "select named.id from subscriber as named where named.phone like $1",
  "select named.id from subscriber as named where to_tsvector('simple', named.name) @@ to_tsquery('simple', $2)",
  "select named.subscriber_id from subscriber_username as named where lower(named.username) like $1",
].join(" union ");

/**
 * The ids of a page. Holds what was asked for and nothing else, and is done before the rows are read: joined in one go,
 * or with an "or" in it, PostgreSQL would go through every subscriber.
 */
function pageOf({ search, username }: SubscriberFilter, after: string | undefined, limit: number) {
  const text = search?.trim() ?? "";
  const values: unknown[] = text === "" ? [] : [startingWith(text), wordsStarting(text)];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const from = text === "" ? "subscriber as found" : `(${matches}) as found`;
  const conditions = [
    ...(after === undefined ? [] : [`found.id > ${place(after)}`]),
    ...(username === undefined
      ? []
      : [`found.id = (select subscriber_id from subscriber_username where username = ${place(username)})`]),
  ];
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return { sql: `select found.id from ${from} ${where} order by found.id limit ${place(limit)}`, values };
}

/** By id. Ten million subscribers are searched in milliseconds, unless a good part of them is found. */
export async function listSubscribers(
  on: Queryable,
  filter: SubscriberFilter,
  page: PageRequest,
): Promise<Page<Subscriber>> {
  const [after] = page.cursor === undefined ? [] : readCursor(page.cursor, ["text"]);
  const { sql, values } = pageOf(filter, after, page.limit + 1);
  const rows = await on.query<Subscriber>(
    `with page as materialized (${sql}) ${selection} join page on page.id = subscriber.id order by subscriber.id`,
    values,
  );
  const items = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? items.at(-1) : undefined;
  return { items, next: last ? writeCursor([last.id]) : null };
}

const startingWith = (search: string): string => `${search.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;

/** "anna sm" as a text search for names with a word that begins with each of these. */
function wordsStarting(search: string): string {
  const words = search.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => `'${word}':*`).join(" & ");
}
