import type { Transaction } from "../database/database.ts";
import { liftAll } from "./lift-measure.ts";
import type { Measure } from "./measure.ts";
import { standingMeasure, writeRegenerated } from "./measure-store.ts";
import { enqueueSessionEnd, lockSubscribers } from "./outbox-store.ts";
import { refreshProfiles } from "./refresh-profiles.ts";

/**
 * The subscriber's password was changed just now, in this transaction: the armed measure waits for the first login with
 * the new one from here on, and its answer ("walled-garden") becomes part of the profile. With `when: "now"` the open
 * sessions are ended too, unless they are gardened, so that the change bites. undefined: no measure was armed.
 */
export async function markPasswordRegenerated(
  trx: Transaction,
  { subscriberId }: { readonly subscriberId: string },
): Promise<Measure | undefined> {
  await lockSubscribers(trx, [subscriberId]);
  const armed = await standingMeasure(trx, subscriberId, "regenerate-password");
  if (armed?.kind !== "regenerate-password" || armed.state !== "active" || armed.progress !== "armed") return undefined;
  const regenerated = await writeRegenerated(trx, armed.id);
  await refreshProfiles(trx, { subscriberIds: [subscriberId], reason: "password regenerated" });
  if (armed.params.when === "now" && armed.params.answer === "reject")
    await enqueueSessionEnd(trx, { subscriberId, reason: "password regenerated" });
  return regenerated;
}

/** The first login with the new password: the measure has done its work. undefined: none was waiting for that. */
export async function endPasswordRegeneration(
  trx: Transaction,
  { subscriberId, now }: { readonly subscriberId: string; readonly now: Date },
): Promise<Measure | undefined> {
  await lockSubscribers(trx, [subscriberId]);
  const standing = await standingMeasure(trx, subscriberId, "regenerate-password");
  if (standing?.progress !== "regenerated" || standing.state !== "active") return undefined;
  const [lifted] = await liftAll(trx, [standing], { by: "login", reason: "the new password is in use", now });
  return lifted;
}
