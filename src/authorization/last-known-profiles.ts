import { type Profile, profileDigest } from "../enforcement/profile.ts";
import { spellingOfHeard } from "../subscriber/username-spelling.ts";

export interface KnownProfile {
  readonly username: string;
  readonly spelling: string;
  readonly subscriberId: string;
  readonly profile: Profile;
  /** Other spellings of the username are this subscriber's too: nobody else has one. */
  readonly isAnySpelling: boolean;
}

interface Restricted {
  readonly subscriberId: string;
  readonly profile: Profile;
}

/** The profiles of restricted subscribers by username, for the time when the database cannot be asked. */
export interface LastKnownProfiles {
  /** What a look-up just said; an unrestricted subscriber, or none, is forgotten. */
  learn(username: string, known: Restricted | undefined): void;
  /** Everything that is restricted now, in place of everything known. */
  replace(all: readonly KnownProfile[]): void;
  /** By the username itself, else by its spelling. */
  of(username: string): Restricted | undefined;
  readonly size: number;
}

/** At most `limit` usernames; beyond that the one learnt or confirmed longest ago is forgotten, and passes unrestricted. */
export function createLastKnownProfiles(limit: number): LastKnownProfiles {
  let known = new Map<string, Restricted>();
  let bySpelling = new Map<string, KnownProfile>();
  const forgetOldest = () => {
    for (const username of known.keys()) {
      if (known.size <= limit) return;
      known.delete(username);
    }
  };
  const forgetSpelling = (username: string, subscriberId: string | undefined) => {
    const spelling = spellingOfHeard(username);
    const spelt = bySpelling.get(spelling);
    if (!spelt || spelt.subscriberId !== subscriberId) return;
    bySpelling.delete(spelling);
    known.delete(spelt.username);
  };
  return {
    learn: (username, found) => {
      // A Map keeps the order of insertion: deleting first makes this the newest.
      known.delete(username);
      if (!found || profileDigest(found.profile) === null) {
        forgetSpelling(username, found?.subscriberId);
        return;
      }
      known.set(username, found);
      forgetOldest();
    },
    replace: (all) => {
      known = new Map(all.map(({ username, subscriberId, profile }) => [username, { subscriberId, profile }]));
      bySpelling = new Map(all.filter(({ isAnySpelling }) => isAnySpelling).map((one) => [one.spelling, one]));
      forgetOldest();
    },
    of: (username) => known.get(username) ?? bySpelling.get(spellingOfHeard(username)),
    get size() {
      return known.size;
    },
  };
}
