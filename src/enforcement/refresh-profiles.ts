import type { Transaction } from "../database/database.ts";
import { standingMeasures } from "./measure-store.ts";
import { enqueueForSubscribers, writeProfiles } from "./outbox-store.ts";
import { profileDigest, profileOf } from "./profile.ts";

export interface Refresh {
  readonly subscriberIds: readonly string[];
  /** Why, as the enforcements that follow from it will say. */
  readonly reason: string;
}

/**
 * Works out the profiles of these subscribers from their measures, and enqueues what follows. The caller holds their
 * locks. Returns the subscribers whose profile changed.
 */
export async function refreshProfiles(trx: Transaction, { subscriberIds, reason }: Refresh): Promise<string[]> {
  const measures = Map.groupBy(await standingMeasures(trx, subscriberIds), (measure) => measure.subscriberId);
  const profiles = subscriberIds.map((subscriberId) => {
    const profile = profileOf(measures.get(subscriberId) ?? []);
    return { subscriberId, profile, digest: profileDigest(profile) };
  });
  return await writeProfiles(trx, profiles, reason);
}

/** These subscribers got measures or open sessions from somewhere else: their profiles and all their sessions are looked at. */
export async function refreshSubscribers(trx: Transaction, refresh: Refresh): Promise<void> {
  await refreshProfiles(trx, refresh);
  await enqueueForSubscribers(trx, refresh);
}
