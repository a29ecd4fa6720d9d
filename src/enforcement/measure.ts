/** What is to hold for a subscriber. Its kinds are the actions of the code of practice that change a session or a login. */
export type MeasureKind =
  | "throttle"
  | "walled-garden"
  | "block-ports"
  | "restrict-smtp"
  | "suspend"
  | "regenerate-password"
  | "terminate";

export const measureKinds: readonly MeasureKind[] = [
  "throttle",
  "walled-garden",
  "block-ports",
  "restrict-smtp",
  "suspend",
  "regenerate-password",
  "terminate",
];

/** `direction` as the customer sees it: `out` is what their machines send to `port`. */
export interface PortRule {
  readonly protocol: "tcp" | "udp" | "any";
  readonly port: number;
  readonly direction: "out" | "in";
}

export type MeasureState = "awaiting-approval" | "held" | "active" | "rejected" | "lifted";

interface MeasureCommon {
  readonly id: string;
  readonly subscriberId: string;
  readonly reason: string;
  readonly caseId?: string;
  /** "key:<id>" of a person, or "playbook:<id>". */
  readonly orderedBy: string;
  readonly orderedAt: Date;
  /** Absent for a termination only: that ends by a person. */
  readonly until?: Date;
  readonly state: MeasureState;
  /** The breaker that held it. */
  readonly heldBy?: string;
  /** The people who approved it, in order; terminate needs two people in all, its orderer among them. */
  readonly approvals: readonly string[];
  readonly decidedBy?: string;
  readonly decidedAt?: Date;
  readonly liftedAt?: Date;
  readonly liftedBy?: string;
  readonly liftedReason?: string;
  /** regenerate-password only: waiting for the next login, or for the first login with the new password. */
  readonly progress?: "armed" | "regenerated";
}

export type MeasureDetail =
  | { readonly kind: "throttle"; readonly params: { readonly downKbps: number; readonly upKbps: number } }
  | { readonly kind: "walled-garden"; readonly params: Readonly<Record<string, never>> }
  | { readonly kind: "block-ports"; readonly params: { readonly rules: readonly PortRule[] } }
  | { readonly kind: "restrict-smtp"; readonly params: Readonly<Record<string, never>> }
  | { readonly kind: "suspend"; readonly params: Readonly<Record<string, never>> }
  | {
      readonly kind: "regenerate-password";
      readonly params: { readonly when: "next-auth" | "now"; readonly answer: "reject" | "walled-garden" };
    }
  | { readonly kind: "terminate"; readonly params: Readonly<Record<string, never>> };

export type Measure = MeasureCommon & MeasureDetail;
