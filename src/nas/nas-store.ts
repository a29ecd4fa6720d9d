import type { Queryable } from "../database/database.ts";
import { type KeyRing, KeyRingError } from "../secrets/key-ring.ts";
import type { CoaSettings, MessageAuthenticatorRule, Nas, ProfileOverrides } from "./nas.ts";
import { NasError } from "./nas-error.ts";

/** What an operator says of a NAS. Without `secret`, one that exists keeps its own. */
export interface NasInput {
  readonly id: string;
  readonly address: string;
  readonly secret?: string;
  readonly vendor: string;
  readonly coaPort?: number;
  readonly identifier?: string;
  readonly requireMessageAuthenticator?: MessageAuthenticatorRule;
  readonly coa?: CoaSettings;
  readonly profiles?: ProfileOverrides;
}

interface NasRow {
  readonly id: string;
  readonly address: string;
  readonly secret_sealed: Buffer;
  readonly vendor: string;
  readonly coa_port: number | null;
  readonly identifier: string | null;
  readonly require_message_authenticator: MessageAuthenticatorRule;
  readonly coa: CoaSettings;
  readonly profiles: ProfileOverrides;
  readonly message_authenticator_seen_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const columns = `nas.id, host(nas.address) as address, nas.secret_sealed, nas.vendor, nas.coa_port, nas.identifier,
  nas.require_message_authenticator, nas.coa, nas.profiles, nas.message_authenticator_seen_at, nas.created_at, nas.updated_at`;

/** What the key ring seals a NAS's secret for. */
export const secretPlace = (id: string): string => `nas:secret_sealed:${id}`;

function nasFromRow(row: NasRow, keyRing: KeyRing): Nas {
  return {
    id: row.id,
    address: row.address,
    secret: Buffer.from(keyRing.open(secretPlace(row.id), row.secret_sealed), "utf8"),
    vendor: row.vendor,
    ...(row.coa_port === null ? {} : { coaPort: row.coa_port }),
    ...(row.identifier === null ? {} : { identifier: row.identifier }),
    requireMessageAuthenticator: row.require_message_authenticator,
    coa: row.coa,
    profiles: row.profiles,
    messageAuthenticatorSeen: row.message_authenticator_seen_at !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface ReadNases {
  readonly nases: readonly Nas[];
  /** Ids of those whose secret no key of the ring opens. */
  readonly unreadable: readonly string[];
}

/** Every NAS, its secret opened. One that cannot be opened keeps none of the others from being known. */
export async function allNas(on: Queryable, keyRing: KeyRing): Promise<ReadNases> {
  const rows = await on.query<NasRow>(`select ${columns} from nas order by nas.id`);
  const nases: Nas[] = [];
  const unreadable: string[] = [];
  for (const row of rows) {
    try {
      nases.push(nasFromRow(row, keyRing));
    } catch (error) {
      if (!(error instanceof KeyRingError)) throw error;
      unreadable.push(row.id);
    }
  }
  return { nases, unreadable };
}

const isUniqueViolation = (error: unknown): boolean => (error as { code?: unknown }).code === "23505";

/**
 * Creates or replaces a NAS. Throws NasError: secret-required, address-taken.
 * A changed Message-Authenticator rule forgets whether one was ever seen, so that "off" and back to "auto" starts afresh.
 */
export async function putNas(on: Queryable, keyRing: KeyRing, input: NasInput): Promise<void> {
  const sealed = input.secret === undefined ? null : keyRing.seal(secretPlace(input.id), input.secret);
  const rule = input.requireMessageAuthenticator ?? "auto";
  const values = [
    input.id,
    input.address,
    sealed,
    input.vendor,
    input.coaPort ?? null,
    input.identifier ?? null,
    rule,
    JSON.stringify(input.coa ?? {}),
    JSON.stringify(input.profiles ?? {}),
  ];
  try {
    const updated = await on.query(
      `update nas set address = $2, secret_sealed = coalesce($3::bytea, nas.secret_sealed), vendor = $4, coa_port = $5,
         identifier = $6, coa = $8, profiles = $9, updated_at = now(), require_message_authenticator = $7,
         message_authenticator_seen_at = case when nas.require_message_authenticator = $7 then nas.message_authenticator_seen_at end
       where nas.id = $1 returning nas.id`,
      values,
    );
    if (updated.length > 0) return;
    if (sealed === null) throw new NasError("secret-required", `NAS ${input.id} is new, so it needs its shared secret`);
    await on.query(
      `insert into nas (id, address, secret_sealed, vendor, coa_port, identifier, require_message_authenticator, coa, profiles)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values,
    );
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new NasError("address-taken", `another NAS has address ${input.address} and the same identifier (or none)`);
  }
}

/** Returns whether there was one. */
export async function deleteNas(on: Queryable, id: string): Promise<boolean> {
  return (await on.query("delete from nas where nas.id = $1 returning nas.id", [id])).length > 0;
}

/** From the first valid Message-Authenticator on, the rule "auto" requires one (CVE-2024-3596). */
export async function markMessageAuthenticatorSeen(on: Queryable, id: string, at: Date): Promise<void> {
  await on.query(
    "update nas set message_authenticator_seen_at = $2 where nas.id = $1 and nas.message_authenticator_seen_at is null",
    [id, at],
  );
}

/** Tells every process of every node that its picture of the NASes is old. */
export async function notifyNasChanged(on: Queryable): Promise<void> {
  await on.query("notify weir_nas");
}
