import type { Nas } from "../nas/nas.ts";
import type { NamedByAddress } from "./address-taken-store.ts";
import type { BatchWriter } from "./batch-writer.ts";
import type { ClaimedJob } from "./claim-store.ts";
import type { JournalEntry } from "./journal-store.ts";
import type { NasGateway } from "./nas-gateway.ts";
import type { Move, MoveContext } from "./next-move.ts";
import type { Outcome } from "./outcome.ts";
import type { RunRecord } from "./result-store.ts";

/** What running a job needs of the dispatcher. */
export interface RunContext extends MoveContext {
  /** Names this run of this node. */
  readonly claimant: string;
  readonly gateway: NasGateway;
  readonly nasById: (id: string) => Nas | undefined;
  readonly now: () => Date;
  readonly journal: BatchWriter<JournalEntry, string | undefined>;
  readonly results: BatchWriter<RunRecord, void>;
  /** The job's request is prepared: the NAS's own capacity counts it from here on. */
  readonly isPrepared: (job: ClaimedJob) => void;
  /** Whether another session has an address of this one by now. */
  readonly isAddressTaken: (named: NamedByAddress) => Promise<boolean>;
  /** False: another node may have the job by now, and nothing more may be sent for it. */
  readonly isHeld: (job: ClaimedJob) => boolean;
  readonly hasFinished: (ending: Ending) => void;
}

export interface SentRequest {
  readonly enforcementId: string;
  readonly outcome: Outcome;
}

/** What a run came to. */
export interface Ending {
  readonly job: ClaimedJob;
  readonly move: Move;
  /** Digest of the profile that was tried. */
  readonly digest: string | null;
  /** The request that decided it, if one was sent. */
  readonly request?: SentRequest;
  readonly expected?: Readonly<Record<string, readonly string[]>>;
  /** Why the NAS's vendor cannot express it. */
  readonly unsupported?: string;
  /** The run was to end the session and leaves its profile alone. */
  readonly isSessionEnd?: boolean;
}
