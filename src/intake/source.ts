import type { Category } from "./category.ts";
import type { Json } from "./observation.ts";

export const sourceKinds = ["third-party", "monitoring"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** Who sends reports, and how far they are believed. */
export interface Source {
  readonly id: string;
  readonly kind: SourceKind;
  /** 0 to 100. From 80 on, the shipped playbooks act on one report. */
  readonly trust: number;
  /** Absent: every category. */
  readonly categories?: readonly Category[];
  /** Absent: no limit. */
  readonly maxObservationsPerHour?: number;
  readonly mail?: Json;
}
