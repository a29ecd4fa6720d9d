import type { Queryable } from "../../database/database.ts";
import type { MessageAuthenticatorRule } from "../../nas/nas.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";

/** What is known of a NAS without asking it anything. */
export interface NasRecord {
  readonly id: string;
  readonly address: string;
  readonly vendor: string;
  readonly identifier: string | null;
  readonly rule: MessageAuthenticatorRule;
  readonly isMessageAuthenticatorSeen: boolean;
  readonly openSessions: number;
  /** The newest accounting record of an open session. */
  readonly lastSeenAt: Date | null;
  /** Attempts to change sessions in the last day, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}

interface NasRow extends NasRecord {
  readonly secretSealed: Buffer;
}

/** A record, and the length of its secret in octets; undefined: no key of the ring opens it. */
export type CheckedNas = NasRecord & { readonly secretOctets: number | undefined };

/** Every NAS by id. Unlike nas/nas-store.ts it goes on when a secret cannot be opened: that is what is looked for. */
export async function nasRecords(on: Queryable, keyRing: KeyRing): Promise<CheckedNas[]> {
  const rows = await on.query<NasRow>(
    `with open as (
       select session.nas_id, count(*)::int as sessions, max(session.last_seen_at) as last_seen_at
       from session where session.stopped_at is null group by session.nas_id),
     tried as (
       select counted.nas_id, json_object_agg(counted.outcome, counted.attempts) as outcomes
       from (select enforcement.nas_id, enforcement.outcome, count(*)::int as attempts from enforcement
         where enforcement.requested_at > now() - interval '1 day' and enforcement.kind <> 'access'
           and enforcement.outcome is not null
         group by enforcement.nas_id, enforcement.outcome) as counted
       group by counted.nas_id)
     select nas.id, host(nas.address) as address, nas.vendor, nas.identifier, nas.secret_sealed as "secretSealed",
       nas.require_message_authenticator as rule,
       nas.message_authenticator_seen_at is not null as "isMessageAuthenticatorSeen",
       coalesce(open.sessions, 0) as "openSessions", open.last_seen_at as "lastSeenAt",
       coalesce(tried.outcomes, '{}') as outcomes
     from nas left join open on open.nas_id = nas.id left join tried on tried.nas_id = nas.id order by nas.id`,
  );
  return rows.map(({ secretSealed, ...record }) => ({
    ...record,
    secretOctets: octetsOf(record.id, secretSealed, keyRing),
  }));
}

function octetsOf(id: string, sealed: Buffer, keyRing: KeyRing): number | undefined {
  try {
    return Buffer.byteLength(keyRing.open(`nas:secret_sealed:${id}`, sealed), "utf8");
  } catch {
    return undefined;
  }
}
