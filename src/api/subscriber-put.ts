import type { Transaction } from "../database/database.ts";
import { refreshSubscribers } from "../enforcement/refresh-profiles.ts";
import { lineProtection } from "../policy/line-protection.ts";
import { spareProtectedLines } from "../response/spare-protected-lines.ts";
import type { CredentialStore } from "../subscriber/credential-store.ts";
import type { SubscriberInput } from "../subscriber/subscriber.ts";
import { type PutResult, putSubscribers } from "../subscriber/subscriber-write-store.ts";

/**
 * Puts subscribers with everything that follows: sealed passwords, enforcement for sessions that became theirs, and the
 * lifting of what playbooks made hold on lines that are protected now.
 */
export type SubscriberPut = (trx: Transaction, inputs: readonly SubscriberInput[]) => Promise<PutResult[]>;

const isProtected = ({ class: lineClass = "residential", protections = [] }: SubscriberInput): boolean =>
  lineProtection({ class: lineClass, protections }) !== undefined;

export const createSubscriberPut =
  (credentials: Pick<CredentialStore, "replace">, now: () => Date): SubscriberPut =>
  async (trx, inputs) => {
    const results = await putSubscribers(trx, inputs, {
      now,
      replaceCredentials: credentials.replace,
      sessionsGained: (on, subscriberIds) => refreshSubscribers(on, { subscriberIds, reason: "subscriber known" }),
    });
    await spareProtectedLines(
      trx,
      inputs.filter(isProtected).map(({ id }) => id),
      now(),
    );
    return results;
  };
