import type { Transaction } from "../database/database.ts";
import { refreshSubscribers } from "../enforcement/refresh-profiles.ts";
import type { CredentialStore } from "../subscriber/credential-store.ts";
import type { SubscriberInput } from "../subscriber/subscriber.ts";
import { type PutResult, putSubscribers } from "../subscriber/subscriber-write-store.ts";

/** Puts subscribers with everything that follows: sealed passwords, and enforcement for sessions that became theirs. */
export type SubscriberPut = (trx: Transaction, inputs: readonly SubscriberInput[]) => Promise<PutResult[]>;

export const createSubscriberPut =
  (credentials: Pick<CredentialStore, "replace">, now: () => Date): SubscriberPut =>
  async (trx, inputs) =>
    await putSubscribers(trx, inputs, {
      now,
      replaceCredentials: credentials.replace,
      sessionsGained: (on, subscriberIds) => refreshSubscribers(on, { subscriberIds, reason: "subscriber known" }),
    });
