import type { Category } from "../intake/category.ts";

/** What a stage makes hold. Plain data, as enforcement takes it. */
export type StageMeasure =
  | { readonly kind: "throttle"; readonly params: { readonly downKbps: number; readonly upKbps: number } }
  | { readonly kind: "walled-garden" | "suspend"; readonly params: Readonly<Record<string, never>> }
  | {
      readonly kind: "regenerate-password";
      readonly params: { readonly when: "next-auth" | "now"; readonly answer: "reject" | "walled-garden" };
    };

/** One step of a ladder. */
export interface Stage {
  readonly name: string;
  /** Null: the customer is told, and nothing is enforced. */
  readonly measure: StageMeasure | null;
  /** After so many days the measure ends by itself. */
  readonly days: number;
}

/** The rules, data not code, that turn a case's state into the next stage. */
export interface Playbook {
  readonly id: string;
  /** Counted up by every change, and kept with each decision. */
  readonly version: number;
  readonly category: Category;
  /** A source trusted less than this makes a case, but no measure. */
  readonly minimumTrust: number;
  /** The same for what its reporter is unsure of (0 to 1). */
  readonly minimumConfidence: number;
  /** Older evidence makes a case, but no measure: nobody is held back for what may long be mended. */
  readonly maximumEvidenceAgeDays: number;
  /** From the mildest to the last. Reports reach the first; a person moves a case on. */
  readonly stages: readonly [Stage, ...Stage[]];
}
