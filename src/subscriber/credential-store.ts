import type { Queryable, Transaction } from "../database/database.ts";
import type { KeyRing } from "../secrets/key-ring.ts";
import { credentialPlaces } from "./credential-places.ts";
import { newPassphrase } from "./passphrase.ts";
import { askedUsernames, usernameOwners } from "./username-owner-store.ts";

/** One subscriber's credential as stored. `sealed` names this very password: it changes with every change of it. */
export interface StoredCredential {
  readonly subscriberId: string;
  readonly sealed: Buffer;
  /** The password that a regeneration withdrew and that the customer may still be using. */
  readonly previousSealed?: Buffer;
}

export type Reveal =
  | { readonly kind: "password"; readonly password: string }
  | { readonly kind: "already-revealed"; readonly at: Date; readonly by: string }
  /** No regenerated password waits to be told. */
  | { readonly kind: "nothing-to-reveal" };

/** The passwords of subscribers that log in with local credentials: sealed at rest, in the clear only in what `open` and `reveal` return. */
export interface CredentialStore {
  /** The credentials behind these usernames, by username; who has none is missing. */
  credentialsOf(queryable: Queryable, usernames: readonly string[]): Promise<Map<string, StoredCredential>>;
  /** The current password. Throws KeyRingError when the row cannot be opened with this key ring. */
  open(credential: StoredCredential): string;
  /** The withdrawn password, if one is remembered. */
  openPrevious(credential: StoredCredential): string | undefined;
  /** A credential that nobody has, for comparisons that must take as long as one with somebody's. */
  decoy(): StoredCredential;
  /**
   * Sets passwords that people chose, for any number of subscribers; a regeneration still waiting to be told is over. A
   * password that a regeneration withdrew is not taken again: then the credential stays as it is. Returns whose did.
   */
  replace(trx: Transaction, credentials: readonly NewCredential[]): Promise<ReadonlySet<string>>;
  /**
   * Gives the subscriber a new passphrase, which waits to be revealed. With `only`: and only if that is still the
   * password, so that of several logins at once on any node one regenerates. False: nothing was changed.
   */
  regenerate(trx: Transaction, request: { subscriberId: string; now: Date; only?: Buffer }): Promise<boolean>;
  /** The customer uses `current`: the withdrawn password is forgotten. False: it is no longer the password. */
  settle(trx: Transaction, request: { subscriberId: string; current: Buffer }): Promise<boolean>;
  /** Tells the regenerated password, the first time only. The caller audits it. */
  reveal(trx: Transaction, request: { subscriberId: string; by: string; now: Date }): Promise<Reveal>;
}

export interface NewCredential {
  readonly subscriberId: string;
  readonly password: string;
}

export interface CredentialStoreDependencies {
  readonly keyRing: KeyRing;
  /** Uniform over 0..limit-1, from a cryptographic source: node:crypto's randomInt. */
  readonly randomBelow: (limit: number) => number;
}

const NOBODY = "";
const { current: currentPlace, previous: previousPlace, withdrawn: withdrawnPlace } = credentialPlaces;
/** The oldest are forgotten: a list that is that old has been replaced. */
const MOST_WITHDRAWN = 20;

export function createCredentialStore({ keyRing, randomBelow }: CredentialStoreDependencies): CredentialStore {
  const sealCurrent = ({ subscriberId, password }: NewCredential) => keyRing.seal(currentPlace(subscriberId), password);
  return {
    credentialsOf,
    open: (credential) => keyRing.open(currentPlace(credential.subscriberId), credential.sealed),
    openPrevious: ({ subscriberId, previousSealed }) =>
      previousSealed && keyRing.open(previousPlace(subscriberId), previousSealed),
    decoy: () => {
      const password = newPassphrase(randomBelow);
      return { subscriberId: NOBODY, sealed: sealCurrent({ subscriberId: NOBODY, password }) };
    },
    replace: async (trx, credentials) => {
      // In one order on every node, so that two bulk changes cannot deadlock; the last one given for a subscriber counts.
      const byId = new Map(credentials.map((credential) => [credential.subscriberId, credential]));
      const sorted = [...byId.values()].sort((a, b) => (a.subscriberId < b.subscriberId ? -1 : 1));
      const withdrawn = await lockWithdrawn(trx, [...byId.keys()]);
      const isWithdrawn = ({ subscriberId, password }: NewCredential): boolean =>
        (withdrawn.get(subscriberId) ?? []).some(
          (sealed) => keyRing.open(withdrawnPlace(subscriberId), sealed) === password,
        );
      const left = new Set(sorted.filter(isWithdrawn).map(({ subscriberId }) => subscriberId));
      await replaceSealed(
        trx,
        sorted.filter(({ subscriberId }) => !left.has(subscriberId)),
        sealCurrent,
      );
      return left;
    },
    regenerate: async (trx, { subscriberId, now, only }) => {
      const sealed = await lockCurrent(trx, subscriberId);
      if (!sealed || (only && !only.equals(sealed))) return false;
      const withdrawn = keyRing.open(currentPlace(subscriberId), sealed);
      await storeRegenerated(trx, {
        subscriberId,
        now,
        sealed: sealCurrent({ subscriberId, password: newPassphrase(randomBelow) }),
        previousSealed: keyRing.seal(previousPlace(subscriberId), withdrawn),
        withdrawnSealed: keyRing.seal(withdrawnPlace(subscriberId), withdrawn),
      });
      return true;
    },
    settle: forgetPrevious,
    reveal: async (trx, request) => {
      const sealed = await markRevealed(trx, request);
      if (!sealed) return await whyNotRevealed(trx, request.subscriberId);
      return { kind: "password", password: keyRing.open(currentPlace(request.subscriberId), sealed) };
    },
  };
}

async function credentialsOf(queryable: Queryable, usernames: readonly string[]) {
  const rows = await queryable.query<CredentialRow>(
    `select owner.username, credential.subscriber_id, credential.password_sealed, credential.previous_sealed
       from ${usernameOwners}
       join credential on credential.subscriber_id = owner.subscriber_id`,
    askedUsernames(usernames),
  );
  return new Map(rows.map((row) => [row.username, credentialFromRow(row)]));
}

interface CredentialRow {
  readonly username: string;
  readonly subscriber_id: string;
  readonly password_sealed: Buffer;
  readonly previous_sealed: Buffer | null;
}

const credentialFromRow = (row: CredentialRow): StoredCredential => ({
  subscriberId: row.subscriber_id,
  sealed: row.password_sealed,
  ...(row.previous_sealed && { previousSealed: row.previous_sealed }),
});

async function replaceSealed(
  trx: Transaction,
  sorted: readonly NewCredential[],
  seal: (credential: NewCredential) => Buffer,
): Promise<void> {
  if (sorted.length === 0) return;
  await trx.query(
    `insert into credential as stored (subscriber_id, password_sealed)
     select given.subscriber_id, given.password_sealed
       from unnest($1::text[], $2::bytea[]) as given (subscriber_id, password_sealed)
     on conflict (subscriber_id) do update
        set password_sealed = excluded.password_sealed, previous_sealed = null, updated_at = now(),
            regenerated_at = null, revealed_at = null, revealed_by = null`,
    [sorted.map((credential) => credential.subscriberId), sorted.map(seal)],
  );
}

/** Few have any. */
async function lockWithdrawn(
  trx: Transaction,
  subscriberIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Buffer[]>> {
  const rows = await trx.query<{ subscriber_id: string; withdrawn_sealed: readonly Buffer[] }>(
    `select credential.subscriber_id, credential.withdrawn_sealed from credential
     where credential.subscriber_id = any ($1::text[]) and credential.withdrawn_sealed <> '{}'
     order by credential.subscriber_id collate "C" for update`,
    [subscriberIds],
  );
  return new Map(rows.map((row) => [row.subscriber_id, row.withdrawn_sealed]));
}

async function lockCurrent(trx: Transaction, subscriberId: string): Promise<Buffer | undefined> {
  const [row] = await trx.query<{ password_sealed: Buffer }>(
    "select credential.password_sealed from credential where credential.subscriber_id = $1 for update",
    [subscriberId],
  );
  return row?.password_sealed;
}

interface RegeneratedCredential {
  readonly subscriberId: string;
  readonly now: Date;
  readonly sealed: Buffer;
  readonly previousSealed: Buffer;
  readonly withdrawnSealed: Buffer;
}

async function storeRegenerated(trx: Transaction, credential: RegeneratedCredential): Promise<void> {
  // One that was regenerated before and never came into use is not what the customer's devices still send.
  await trx.query(
    `update credential
        set password_sealed = $2, previous_sealed = coalesce(previous_sealed, $3), updated_at = $4,
            regenerated_at = $4, revealed_at = null, revealed_by = null,
            withdrawn_sealed = (withdrawn_sealed || $5::bytea)[greatest(1, cardinality(withdrawn_sealed) + 2 - ${MOST_WITHDRAWN}):]
      where subscriber_id = $1`,
    [credential.subscriberId, credential.sealed, credential.previousSealed, credential.now, credential.withdrawnSealed],
  );
}

async function forgetPrevious(
  trx: Transaction,
  { subscriberId, current }: { subscriberId: string; current: Buffer },
): Promise<boolean> {
  const rows = await trx.query(
    `update credential set previous_sealed = null
      where subscriber_id = $1 and password_sealed = $2 returning subscriber_id`,
    [subscriberId, current],
  );
  return rows.length > 0;
}

async function markRevealed(
  trx: Transaction,
  { subscriberId, by, now }: { subscriberId: string; by: string; now: Date },
): Promise<Buffer | undefined> {
  const [row] = await trx.query<{ password_sealed: Buffer }>(
    `update credential set revealed_at = $3, revealed_by = $2
      where subscriber_id = $1 and regenerated_at is not null and revealed_at is null
      returning password_sealed`,
    [subscriberId, by, now],
  );
  return row?.password_sealed;
}

async function whyNotRevealed(trx: Transaction, subscriberId: string): Promise<Reveal> {
  const [row] = await trx.query<{ revealed_at: Date; revealed_by: string }>(
    `select credential.revealed_at, credential.revealed_by from credential
      where credential.subscriber_id = $1 and credential.revealed_at is not null`,
    [subscriberId],
  );
  return row ? { kind: "already-revealed", at: row.revealed_at, by: row.revealed_by } : { kind: "nothing-to-reveal" };
}
