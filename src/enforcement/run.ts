import type { Nas } from "../nas/nas.ts";
import type { Session } from "../session/session.ts";
import type { ClaimedJob } from "./claim-store.ts";
import type { PlannedSteps } from "./nas-gateway.ts";
import type { Profile } from "./profile.ts";

/** A job with everything that its steps need. */
export interface Run {
  readonly job: ClaimedJob;
  readonly nas: Nas;
  readonly session: Session;
  /** What the last step brings about. */
  readonly to: Profile;
  readonly toDigest: string | null;
  readonly plan: PlannedSteps;
  readonly isSessionEnd: boolean;
}
