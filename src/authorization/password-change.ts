import type { Database, Transaction } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import type { CredentialStore } from "../subscriber/credential-store.ts";

/** How enforcement's regenerate-password measure moves on; both lock the subscriber first, and answer undefined when too late. */
export interface RegenerationMeasure {
  markPasswordRegenerated(trx: Transaction, change: { subscriberId: string }): Promise<Measure | undefined>;
  endPasswordRegeneration(trx: Transaction, change: { subscriberId: string; now: Date }): Promise<Measure | undefined>;
}

/** `current`: the stored password that the login proved. False: somebody changed it, or the measure, in between. */
export interface PasswordChange {
  regenerate(change: { subscriberId: string; current: Buffer }): Promise<boolean>;
  adopt(change: { subscriberId: string; current: Buffer }): Promise<boolean>;
}

export interface PasswordChangeDependencies {
  readonly database: Database;
  readonly credentials: CredentialStore;
  readonly measure: RegenerationMeasure;
  readonly now: () => Date;
}

/** Rolls the transaction back; never leaves this file. */
class OutdatedError extends Error {}

/**
 * Changes of a password at a login, each in one transaction with the measure that asked for it: of two devices that log
 * in with the old password at the same moment, on any two nodes, one regenerates it and the other one is too late.
 */
export function createPasswordChange(dependencies: PasswordChangeDependencies): PasswordChange {
  const { database, credentials, measure, now } = dependencies;
  const inStep = async (work: (trx: Transaction) => Promise<boolean>): Promise<boolean> => {
    try {
      await database.transaction(async (trx) => {
        if (!(await work(trx))) throw new OutdatedError();
      });
      return true;
    } catch (error) {
      if (error instanceof OutdatedError) return false;
      throw error;
    }
  };
  return {
    regenerate: ({ subscriberId, current }) =>
      inStep(
        async (trx) =>
          (await measure.markPasswordRegenerated(trx, { subscriberId })) !== undefined &&
          (await credentials.regenerate(trx, { subscriberId, now: now(), only: current })),
      ),
    adopt: ({ subscriberId, current }) =>
      inStep(async (trx) => {
        await measure.endPasswordRegeneration(trx, { subscriberId, now: now() });
        return await credentials.settle(trx, { subscriberId, current });
      }),
  };
}

/**
 * For `when: "now"`, in the ordering's own transaction, after its measure was armed: the password changes at once.
 * False: nothing changed, since the subscriber has no password here, or no armed measure; roll back.
 */
export async function regenerateNow(
  trx: Transaction,
  { subscriberId, now }: { readonly subscriberId: string; readonly now: Date },
  { credentials, measure }: Pick<PasswordChangeDependencies, "credentials" | "measure">,
): Promise<boolean> {
  if (!(await measure.markPasswordRegenerated(trx, { subscriberId }))) return false;
  return await credentials.regenerate(trx, { subscriberId, now });
}
