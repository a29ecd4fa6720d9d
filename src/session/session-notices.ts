import { Counter, type Registry } from "prom-client";

/** A session whose accounting names another user than its Access-Accept, whose it is. */
export interface NamedOtherwise {
  readonly nasId: string;
  readonly acctSessionId: string;
  /** In the Access-Accept. */
  readonly granted: string;
  /** In accounting. */
  readonly shown: string;
}

/** What is odd about accounting that was recorded. */
export interface SessionNotices {
  /** So many records were taken in before, or are older than what is known: sent again, by their NAS or by somebody else. */
  heardBefore(records: number): void;
  namedOtherwise(session: NamedOtherwise): void;
}

export interface SessionNoticesOptions {
  readonly registry: Registry;
  readonly now: () => Date;
  /** At most once a minute for each NAS. */
  readonly tell: (session: NamedOtherwise) => void;
}

const EVERY_MS = 60_000;

/** Counts what is odd, and tells what somebody may have to set right. Once per registry. */
export function createSessionNotices({ registry, now, tell }: SessionNoticesOptions): SessionNotices {
  const registers = [registry];
  const repeated = new Counter({
    name: "weir_accounting_repeated_total",
    help: "Accounting-Requests that their Event-Timestamp shows to be recorded already, or older than what is known",
    registers,
  });
  const otherwise = new Counter({
    name: "weir_session_named_otherwise_total",
    help: "Sessions whose accounting names another user than their Access-Accept, whose they are",
    labelNames: ["nas"],
    registers,
  });
  /** As many as there are NASes. */
  const toldAt = new Map<string, number>();
  return {
    heardBefore: (records) => repeated.inc(records),
    namedOtherwise: (session) => {
      const { nasId: nas } = session;
      otherwise.inc({ nas });
      const at = now().getTime();
      if (at - (toldAt.get(nas) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
      toldAt.set(nas, at);
      tell(session);
    },
  };
}
