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

/** By id. Each way of searching has its own index, so that ten million subscribers are searched in milliseconds. */
export async function listSubscribers(
  on: Queryable,
  filter: SubscriberFilter,
  page: PageRequest,
): Promise<Page<Subscriber>> {
  const [after] = page.cursor === undefined ? [null] : readCursor(page.cursor, ["text"]);
  const search = filter.search?.trim() ?? "";
  const rows = await on.query<Subscriber>(
    `${selection}
     where ($1::text is null or subscriber.id > $1)
       and ($2::text is null or subscriber.id =
         (select found.subscriber_id from subscriber_username as found where found.username = $2))
       and ($3::text is null or subscriber.id in (
         select named.id from subscriber as named where lower(named.id) like $3
         union select named.id from subscriber as named where lower(named.email) like $3
         union select named.id from subscriber as named where named.phone like $3
         union select named.id from subscriber as named where to_tsvector('simple', named.name) @@ to_tsquery('simple', $4)
         union select named.subscriber_id from subscriber_username as named where lower(named.username) like $3))
     order by subscriber.id limit $5`,
    [
      after,
      filter.username ?? null,
      search === "" ? null : startingWith(search),
      wordsStarting(search),
      page.limit + 1,
    ],
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
