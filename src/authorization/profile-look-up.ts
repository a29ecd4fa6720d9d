import { type Profile, unrestricted } from "../enforcement/profile.ts";
import type { AccessMetrics } from "./access-metrics.ts";
import type { LastKnownProfiles } from "./last-known-profiles.ts";
import type { LoginAccounts } from "./login-accounts.ts";

export interface ProfileOfLogin {
  /** Absent: nobody's username, as far as anybody knows. */
  readonly subscriberId?: string;
  readonly profile: Profile;
  /** The database did not say so just now. */
  readonly isRemembered: boolean;
}

/** Who logs in and with what profile; never rejects. */
export type ProfileLookUp = (username: string) => Promise<ProfileOfLogin>;

/** As the database has it now; when it does not answer in time, as it was last known: customers must not lose their internet with it. */
export function createProfileLookUp(
  accounts: LoginAccounts,
  lastKnown: LastKnownProfiles,
  metrics: AccessMetrics,
): ProfileLookUp {
  return async (username) => {
    try {
      const account = await accounts.lookUp(username);
      lastKnown.learn(username, account);
      return { profile: unrestricted, ...account, isRemembered: false };
    } catch {
      metrics.withoutDatabase.inc({ what: "profile" });
      return { profile: unrestricted, ...lastKnown.of(username), isRemembered: true };
    }
  };
}
