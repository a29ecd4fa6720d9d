import type { Profile } from "../enforcement/profile.ts";
import type { AccessMetrics } from "./access-metrics.ts";
import type { LastKnownProfiles } from "./last-known-profiles.ts";
import type { LoginAccounts } from "./login-accounts.ts";

/** Who logs in and with what profile; never rejects. undefined: nobody's username, as far as anybody knows. */
export type ProfileLookUp = (
  username: string,
) => Promise<{ readonly subscriberId: string; readonly profile: Profile } | undefined>;

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
      return account;
    } catch {
      metrics.withoutDatabase.inc({ what: "profile" });
      return lastKnown.of(username);
    }
  };
}
