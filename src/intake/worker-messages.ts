import type { Observation, Refusal, Rejection } from "./observation.ts";
import type { PostedReport, ReadingRules } from "./posted-report.ts";
import type { WholeReport } from "./read-in-batches.ts";

/** An observation on its way between threads: its evidence is text, which takes a fraction of the time and memory. */
export type PackedObservation = Omit<Observation, "evidence"> & { readonly evidence: string };

export type ToWorker =
  | { readonly kind: "read"; readonly posted: PostedReport; readonly rules: ReadingRules }
  /** The last batch was taken. */
  | { readonly kind: "next" };

export type FromWorker =
  | {
      readonly kind: "batch";
      readonly observations: readonly PackedObservation[];
      readonly rejected: readonly Rejection[];
    }
  | { readonly kind: "end"; readonly result: WholeReport | Refusal };

export const packObservation = (observation: Observation): PackedObservation => ({
  ...observation,
  evidence: JSON.stringify(observation.evidence),
});

/** The evidence stays text until somebody asks for it. */
export const unpackObservation = ({ evidence, ...rest }: PackedObservation): Observation => ({
  ...rest,
  get evidence() {
    return JSON.parse(evidence);
  },
});
