import type { Queryable } from "../database/database.ts";
import { askedUsernames, usernameOwners } from "../subscriber/username-owner-store.ts";
import type { MeasureDetail } from "./measure.ts";
import { type Profile, unrestricted } from "./profile.ts";

/** What a login needs to know of the subscriber behind a username. */
export interface LoginProfile {
  readonly username: string;
  readonly subscriberId: string;
  readonly profile: Profile;
  /** null: unrestricted. Kept with the grant, and compared when the session opens. */
  readonly profileDigest: string | null;
  /** The subscribed rates. */
  readonly plan?: { readonly downKbps: number; readonly upKbps: number };
  /** An active regenerate-password measure. */
  readonly regeneratePassword?: {
    readonly measureId: string;
    readonly params: Extract<MeasureDetail, { kind: "regenerate-password" }>["params"];
    readonly progress: "armed" | "regenerated";
  };
}

interface LoginRow {
  readonly username: string;
  readonly subscriber_id: string;
  readonly profile: Profile | null;
  readonly profile_digest: string | null;
  readonly plan: { readonly downKbps: number; readonly upKbps: number } | null;
  readonly measure_id: string | null;
  readonly params: Extract<MeasureDetail, { kind: "regenerate-password" }>["params"] | null;
  readonly progress: "armed" | "regenerated" | null;
}

/** What holds now for each of these usernames, by username; who is nobody's is missing. One statement for the whole batch. */
export async function loginProfile(on: Queryable, usernames: readonly string[]): Promise<Map<string, LoginProfile>> {
  const rows = await on.query<LoginRow>(
    `select owner.username, subscriber.id as subscriber_id, subscriber.profile, subscriber.profile_digest, subscriber.plan,
       measure.id as measure_id, measure.params, measure.progress
     from ${usernameOwners}
     join subscriber on subscriber.id = owner.subscriber_id
     left join measure on measure.subscriber_id = subscriber.id and measure.kind = 'regenerate-password'
       and measure.state = 'active'`,
    askedUsernames(usernames),
  );
  return new Map(rows.map((row) => [row.username, loginFromRow(row)]));
}

const loginFromRow = (row: LoginRow): LoginProfile => ({
  username: row.username,
  subscriberId: row.subscriber_id,
  profile: row.profile ?? unrestricted,
  profileDigest: row.profile_digest,
  ...(row.plan && { plan: row.plan }),
  ...(row.measure_id !== null &&
    row.params && {
      regeneratePassword: { measureId: row.measure_id, params: row.params, progress: row.progress ?? "armed" },
    }),
});

/** Subscribers, by id after `after`, with a standing measure that was ordered up to `now`. */
export async function subscribersHeldBefore(
  on: Queryable,
  { now, after, limit }: { readonly now: Date; readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await on.query<{ id: string }>(
    `select distinct measure.subscriber_id collate "C" as id from measure
     where measure.state in ('awaiting-approval', 'held', 'active') and measure.ordered_at <= $1
       and measure.subscriber_id collate "C" > $2
     order by id limit $3`,
    [now, after, limit],
  );
  return rows.map(({ id }) => id);
}
