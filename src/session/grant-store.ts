import type { Queryable } from "../database/database.ts";
import { spellingOfHeard } from "../subscriber/username-spelling.ts";

/** What an Access-Accept gave. */
export interface Grant {
  readonly nasId: string;
  /** To whom it is made out. */
  readonly username: string;
  /** The User-Name of the Access-Request, where that is another one: the outer identity of EAP, or without its realm. */
  readonly askedUsername?: string;
  readonly acctSessionId?: string;
  readonly callingStationId?: string;
  readonly nasPortId?: string;
  readonly givenAt: Date;
  /** The attributes before any profile was laid over them: wire octets, one attribute after another. */
  readonly attributes: Buffer;
  /** The profile that was laid over (plain data) and its digest; absent: none. */
  readonly profile?: object;
  readonly profileDigest?: string;
  /** What accounting will show if the NAS runs that profile: attribute name -> values. Absent: nothing that could be seen. */
  readonly expected?: Readonly<Record<string, readonly string[]>>;
  /** What was laid over, as it was sent (plain data). */
  readonly imposed?: object;
}

/** A grant as the session that it was for takes it over. */
export interface LinkedGrant {
  readonly grantId: string;
  /** To whom it was made out; "": nobody knows. */
  readonly username: string;
  readonly attributes: Buffer;
  readonly profile: object | null;
  readonly profileDigest: string | null;
  readonly expected: Readonly<Record<string, readonly string[]>> | null;
  readonly imposed: object | null;
}

/** What is known of a session for finding its grant. */
export interface GrantSearch {
  /** From our Class; undefined: the NAS sent none. */
  readonly grantId: string | undefined;
  readonly nasId: string;
  readonly acctSessionId: string;
  readonly username: string;
  readonly callingStationId: string | undefined;
  readonly nasPortId: string | undefined;
  readonly startedAt: Date;
}

/** Stands in our Class for a grant that the database did not take, with a profile laid over its Access-Accept. */
export const UNKEPT_GRANT = "0";

/** What was laid over is not known: enforcement has to look at the session whatever its subscriber is to have. */
const unkeptGrant: LinkedGrant = {
  grantId: UNKEPT_GRANT,
  username: "",
  attributes: Buffer.alloc(0),
  profile: null,
  profileDigest: "?",
  expected: null,
  imposed: null,
};

const cookiePattern = /^weir:(\d{1,18})$/;

/** Our Class for an Access-Accept: the NAS repeats it in the session's accounting. */
export const grantClass = (grantId: string): string => `weir:${grantId}`;

/** The grant that our Class (RFC 2865 section 5.25) names, which an Access-Accept gave and accounting brings back. */
export function grantIdOf(classes: readonly string[] | undefined): string | undefined {
  for (const text of classes ?? []) {
    const id = cookiePattern.exec(text)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Stores what Access-Accepts gave; returns their ids, in order. */
export async function saveGrants(on: Queryable, grants: readonly Grant[]): Promise<string[]> {
  if (grants.length === 0) return [];
  const json = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value));
  const rows = await on.query<{ id: string }>(
    `insert into grant_given (nas_id, username, acct_session_id, calling_station_id, given_at, attributes, profile, profile_digest,
       expected, imposed, spelling, asked_spelling, nas_port_id)
     select given.nas_id, given.username, given.acct_session_id, given.calling_station_id, given.given_at, given.attributes,
       given.profile, given.profile_digest, given.expected, given.imposed, given.spelling, given.asked_spelling, given.nas_port_id
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[], $7::jsonb[], $8::text[], $9::jsonb[],
         $10::jsonb[], $11::text[], $12::text[], $13::text[])
       with ordinality as given (nas_id, username, acct_session_id, calling_station_id, given_at, attributes, profile,
         profile_digest, expected, imposed, spelling, asked_spelling, nas_port_id, position)
     order by given.position returning grant_given.id`,
    [
      grants.map((grant) => grant.nasId),
      grants.map((grant) => grant.username),
      grants.map((grant) => grant.acctSessionId ?? null),
      grants.map((grant) => grant.callingStationId ?? null),
      grants.map((grant) => grant.givenAt),
      grants.map((grant) => grant.attributes),
      grants.map((grant) => json(grant.profile)),
      grants.map((grant) => grant.profileDigest ?? null),
      grants.map((grant) => json(grant.expected)),
      grants.map((grant) => json(grant.imposed)),
      grants.map((grant) => spellingOfHeard(grant.username)),
      grants.map((grant) => spellingOfHeard(grant.askedUsername ?? grant.username)),
      grants.map((grant) => grant.nasPortId ?? null),
    ],
  );
  // Ids are given in the order of the rows, and each transaction's are ascending.
  return rows.map(({ id }) => id).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
}

/** The line that the login came over is the session's, as far as both are named. */
const isSameLine = `coalesce(grant_given.calling_station_id = wanted.calling_station_id, true)
     and coalesce(grant_given.nas_port_id = wanted.nas_port_id, true)`;

/**
 * Three ways from a session to its grant, the surest first: our Class; the Acct-Session-Id, where the Access-Request had
 * one, and no earlier use of that id took it; the newest grant to this username and line in the ten minutes before. A
 * Class of ours that is known no more is nobody else's. An Acct-Session-Id by itself says nothing: a NAS that was started
 * anew counts from the beginning, and the login of that session may have gone to another AAA. It has to be the same line,
 * and the name has to be the one that was asked for or that the Access-Accept was made out to.
 */
const candidates = `
  (select 1 as rank, grant_given.* from grant_given
   where grant_given.id = wanted.grant_id and grant_given.nas_id = wanted.nas_id)
  union all
  (select 2, grant_given.* from grant_given
   where wanted.grant_id is null and grant_given.nas_id = wanted.nas_id
     and grant_given.acct_session_id = wanted.acct_session_id
     and wanted.spelling in (grant_given.spelling, grant_given.asked_spelling) and ${isSameLine}
     and not exists (
       select from session where session.nas_id = wanted.nas_id and session.acct_session_id = wanted.acct_session_id
         and session.grant_id = grant_given.id)
     and grant_given.given_at between wanted.started_at - interval '1 day' and wanted.started_at + interval '1 minute'
   order by grant_given.given_at desc limit 1)
  union all
  (select 3, grant_given.* from grant_given
   where wanted.grant_id is null and grant_given.nas_id = wanted.nas_id and grant_given.username = wanted.username
     and grant_given.calling_station_id is not distinct from wanted.calling_station_id
     and coalesce(grant_given.nas_port_id = wanted.nas_port_id, true)
     and grant_given.given_at between wanted.started_at - interval '10 minutes' and wanted.started_at + interval '1 minute'
   order by grant_given.given_at desc limit 1)`;

interface LinkedRow {
  readonly position: string;
  readonly id: string;
  readonly username: string;
  readonly attributes: Buffer;
  readonly profile: object | null;
  readonly profile_digest: string | null;
  readonly expected: Readonly<Record<string, readonly string[]>> | null;
  readonly imposed: object | null;
}

const grantFromRow = (row: LinkedRow): LinkedGrant => ({
  grantId: row.id,
  username: row.username,
  attributes: row.attributes,
  profile: row.profile,
  profileDigest: row.profile_digest,
  expected: row.expected,
  imposed: row.imposed,
});

/** The grant of each session, by its index in `searches`. */
export async function findGrants(
  on: Queryable,
  searches: readonly GrantSearch[],
): Promise<ReadonlyMap<number, LinkedGrant>> {
  if (searches.length === 0) return new Map();
  const rows = await on.query<LinkedRow>(
    `select wanted.position, given.id, given.username, given.attributes, given.profile, given.profile_digest, given.expected,
       given.imposed
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[])
       with ordinality as wanted (grant_id, nas_id, acct_session_id, username, calling_station_id, started_at, spelling,
         nas_port_id, position)
     cross join lateral (select * from (${candidates}) as found order by found.rank limit 1) as given`,
    [
      searches.map((search) => search.grantId ?? null),
      searches.map((search) => search.nasId),
      searches.map((search) => search.acctSessionId),
      searches.map((search) => search.username),
      searches.map((search) => search.callingStationId ?? null),
      searches.map((search) => search.startedAt),
      // Without a User-Name nothing says whose it is.
      searches.map((search) => spellingOfHeard(search.username) || null),
      searches.map((search) => search.nasPortId ?? null),
    ],
  );
  const found = rows.map((row) => [Number(row.position) - 1, grantFromRow(row)] as const);
  const unkept = searches.flatMap(({ grantId }, index) =>
    grantId === UNKEPT_GRANT ? [[index, unkeptGrant] as const] : [],
  );
  return new Map([...found, ...unkept]);
}
