import type { SessionState } from "./session-state.ts";

/** A session row under lock: its state, and what recording needs of the rest. */
export interface StoredSession {
  readonly state: SessionState;
  readonly subscriberId: string | undefined;
  readonly grantId: string | undefined;
  /** By whose name it is somebody's, where accounting shows another; undefined: by the one that accounting shows. */
  readonly grantedUsername: string | undefined;
  /** Digest of the profile that the NAS last took for it; null: none. */
  readonly appliedDigest: string | null;
}
