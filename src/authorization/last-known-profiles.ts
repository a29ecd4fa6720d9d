import { type Profile, profileDigest } from "../enforcement/profile.ts";

export interface KnownProfile {
  readonly username: string;
  readonly subscriberId: string;
  readonly profile: Profile;
}

/** The profiles of restricted subscribers by username, for the time when the database cannot be asked. */
export interface LastKnownProfiles {
  /** What a look-up just said; an unrestricted subscriber, or none, is forgotten. */
  learn(username: string, known: { subscriberId: string; profile: Profile } | undefined): void;
  /** Everything that is restricted now, in place of everything known. */
  replace(all: readonly KnownProfile[]): void;
  of(username: string): { readonly subscriberId: string; readonly profile: Profile } | undefined;
  readonly size: number;
}

/** At most `limit` usernames; beyond that the one learnt or confirmed longest ago is forgotten, and passes unrestricted. */
export function createLastKnownProfiles(limit: number): LastKnownProfiles {
  let known = new Map<string, { subscriberId: string; profile: Profile }>();
  const forgetOldest = () => {
    for (const username of known.keys()) {
      if (known.size <= limit) return;
      known.delete(username);
    }
  };
  return {
    learn: (username, found) => {
      // A Map keeps the order of insertion: deleting first makes this the newest.
      known.delete(username);
      if (!found || profileDigest(found.profile) === null) return;
      known.set(username, found);
      forgetOldest();
    },
    replace: (all) => {
      known = new Map(all.map(({ username, subscriberId, profile }) => [username, { subscriberId, profile }]));
      forgetOldest();
    },
    of: (username) => known.get(username),
    get size() {
      return known.size;
    },
  };
}
