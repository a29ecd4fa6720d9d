import type { AddressRuns } from "./address-runs.ts";

/** Why a session is taken to be over though no Stop said so. A Stop that comes later overrules it. */
export type InferredEnd = "nas-restart" | "replaced" | "stale";

const inferredEnds: ReadonlySet<string | undefined> = new Set<InferredEnd>(["nas-restart", "replaced", "stale"]);

/** A session as accounting knows it. Times are event times in ms (arrival less Acct-Delay-Time) unless said otherwise. */
export interface SessionState {
  /** undefined: not stored yet. */
  readonly id: string | undefined;
  readonly nasId: string;
  readonly acctSessionId: string;
  /** Acct-Session-Ids repeat after a reboot: which use of this one, from 1. */
  readonly incarnation: number;
  readonly startedAt: number;
  /** False: no Start was seen, and `startedAt` is a guess. */
  readonly isStartKnown: boolean;
  /** Newest time at which a Start or Interim showed it alive; before `startedAt` while only its Stop was seen. */
  readonly aliveAt: number;
  /** Arrival of the newest record. */
  readonly lastSeenAt: number;
  readonly stoppedAt: number | undefined;
  readonly terminateCause: string | undefined;
  /** As accounting shows it. */
  readonly username: string;
  readonly ipv4: AddressRuns;
  /** Of its IPv4 address (session/shared-ports.ts); undefined: no record says that it shares it. */
  readonly sharedPorts: string | undefined;
  /** Of Framed-IPv6-Prefix, Delegated-IPv6-Prefix and Framed-IPv6-Address, each on its own: a record may show one of them. */
  readonly ipv6: AddressRuns;
  readonly delegated: AddressRuns;
  readonly ipv6Addresses: AddressRuns;
  readonly inputOctets: bigint;
  readonly outputOctets: bigint;
  readonly interimSeconds: number | undefined;
  readonly identity: Readonly<Record<string, string>>;
  readonly observed: Readonly<Record<string, readonly string[]>>;
  /** Of the newest record; undefined: not known. */
  readonly shownDigest: string | undefined;
  /**
   * When it began, and the newest of its records, on the NAS's own clock, in seconds (Event-Timestamp, RFC 2869 section
   * 5.3). undefined: its records have no such time, or one that is far off.
   */
  readonly nasClock: { readonly start: number; readonly newest: number } | undefined;
}

export const isEndInferred = (state: SessionState): boolean =>
  state.stoppedAt !== undefined && inferredEnds.has(state.terminateCause);

/** Event time of the newest record taken in. */
export const newestRecordAt = (state: SessionState): number =>
  state.stoppedAt === undefined || isEndInferred(state) ? state.aliveAt : Math.max(state.aliveAt, state.stoppedAt);

/** `aliveAt` of a session that no record has shown alive yet. */
export const neverAlive = (startedAt: number): number => startedAt - 1;

export const isOnlyStopSeen = (state: SessionState): boolean => state.aliveAt < state.startedAt;
