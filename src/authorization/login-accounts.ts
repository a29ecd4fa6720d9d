import type { Queryable } from "../database/database.ts";
import type { LoginProfile } from "../enforcement/subscriber-profile-store.ts";
import type { CredentialStore, StoredCredential } from "../subscriber/credential-store.ts";
import { Batch } from "./batch.ts";

/** By username; nobody's username is missing. One statement for all of them. */
export type LoadLoginProfiles = (
  queryable: Queryable,
  usernames: readonly string[],
) => Promise<ReadonlyMap<string, LoginProfile>>;

export interface LoginAccount extends LoginProfile {
  readonly credential?: StoredCredential;
}

/**
 * Subscribers as the database has them now, by username. Nothing is remembered between look-ups: a measure binds the
 * next Access-Request once the API has answered.
 */
export interface LoginAccounts {
  /** undefined: nobody's. Rejects with BatchError when the database does not answer in time. */
  lookUp(username: string): Promise<LoginAccount | undefined>;
  stop(): void;
}

export interface LoginAccountsDependencies {
  readonly queryable: Queryable;
  readonly loginProfile: LoadLoginProfiles;
  /** Absent where an upstream checks the passwords. */
  readonly credentials?: CredentialStore;
  readonly maxWaitMs: number;
}

export function createLoginAccounts(dependencies: LoginAccountsDependencies): LoginAccounts {
  const batch = new Batch<string, LoginAccount | undefined>({
    run: (usernames) => accountsOf(dependencies, usernames),
    maxBatch: 500,
    maxQueue: 20_000,
    maxWaitMs: dependencies.maxWaitMs,
    maxUnderWay: 2,
  });
  return { lookUp: (username) => batch.ask(username), stop: () => batch.stop() };
}

/** The two readings are not one snapshot: what changes a password or a measure checks again under its locks. */
async function accountsOf(
  { queryable, loginProfile, credentials }: LoginAccountsDependencies,
  usernames: readonly string[],
): Promise<readonly (LoginAccount | undefined)[]> {
  const distinct = [...new Set(usernames)];
  const [profiles, stored] = await Promise.all([
    loginProfile(queryable, distinct),
    credentials?.credentialsOf(queryable, distinct),
  ]);
  return usernames.map((username) => {
    const profile = profiles.get(username);
    const credential = stored?.get(username);
    return profile && { ...profile, ...(credential && { credential }) };
  });
}
