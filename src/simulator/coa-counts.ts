import type { DropReason } from "./bng-event.ts";

/** Every datagram that came to the CoA port, by what became of it; `received` is their sum. */
export interface CoaCounts {
  readonly received: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Retransmissions that were answered as before. */
  readonly repeated: number;
  /** Genuine requests that this vendor leaves unanswered. */
  readonly silent: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Refusals by Error-Cause; "none" where there was none. */
  readonly errorCauses: Readonly<Record<string, number>>;
}

export interface CoaCounter {
  received(): void;
  count(what: "acknowledged" | "refused" | "repeated" | "silent"): void;
  drop(reason: DropReason): void;
  refusedFor(cause: number | undefined): void;
  counts(): CoaCounts;
}

export function createCoaCounter(): CoaCounter {
  let received = 0;
  const verdicts = { acknowledged: 0, refused: 0, repeated: 0, silent: 0 };
  const dropped: Record<DropReason, number> = {
    malformed: 0,
    "not-a-request": 0,
    "bad-authenticator": 0,
    stale: 0,
    "under-way": 0,
    busy: 0,
  };
  const errorCauses: Record<string, number> = {};
  return {
    received: () => {
      received += 1;
    },
    count: (what) => {
      verdicts[what] += 1;
    },
    drop: (reason) => {
      dropped[reason] += 1;
    },
    refusedFor: (cause) => {
      const key = cause === undefined ? "none" : String(cause);
      errorCauses[key] = (errorCauses[key] ?? 0) + 1;
    },
    counts: () => ({ received, ...verdicts, dropped: { ...dropped }, errorCauses: { ...errorCauses } }),
  };
}
