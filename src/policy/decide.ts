import type { CaseState } from "../cases/case-state.ts";
import { type Line, lineProtection } from "./line-protection.ts";
import type { Playbook, Stage, StageMeasure } from "./playbook.ts";

/** Why a measure that a playbook would order is not ordered. */
export type WithheldReason =
  | "already-standing"
  | "ambiguous"
  | "case-on-hold"
  | "evidence-before-release"
  | "evidence-too-old"
  | "low-confidence"
  | "low-trust"
  | "not-possible-here"
  | "notice-only"
  | "protected-line"
  | "wholesale";

/** Everything that a decision rests on. */
export interface Situation {
  readonly playbook: Playbook;
  readonly state: CaseState;
  /** The stage that the case has reached; null: none yet. */
  readonly stage: string | null;
  /** The newest evidence: its last moment, and how sure its reporter is (absent: does not say). */
  readonly evidence: { readonly seenAt: Date; readonly confidence?: number | undefined };
  /** 0 to 100. */
  readonly sourceTrust: number;
  /** Null: nobody could be named for sure. */
  readonly subscriber: Line | null;
  /** Kinds of measures that can do nothing in this installation. */
  readonly impossibleHere: ReadonlySet<string>;
  /** Kinds of the measures that stand for the subscriber, in force or waiting for a person. */
  readonly standing: readonly string[];
  /** When the subscriber was last let out of a measure of each kind, or it was refused: kind to time. */
  readonly lifted: Readonly<Record<string, Date>>;
  /** The newest release of this matter, in this case or one before it. */
  readonly releasedAt: Date | null;
  readonly now: Date;
}

export type Decision =
  | { readonly kind: "order"; readonly stage: Stage; readonly measure: StageMeasure; readonly until: Date }
  | {
      readonly kind: "withhold";
      readonly stage: Stage;
      readonly why: WithheldReason;
      /** In words, for the timeline. */
      readonly detail: string;
    };

const DAY_MS = 24 * 60 * 60_000;

/** The stage that a case is at, or its playbook's first. */
export const stageOf = (playbook: Playbook, name: string | null): Stage =>
  playbook.stages.find((stage) => stage.name === name) ?? playbook.stages[0];

/** The stage after the one that a case is at; undefined: there is none. */
export function nextStage(playbook: Playbook, name: string | null): Stage | undefined {
  if (name === null) return playbook.stages[0];
  return playbook.stages[playbook.stages.findIndex((stage) => stage.name === name) + 1];
}

/** When a measure that is ordered now ends by itself. */
export const endOf = (stage: Stage, now: Date): Date => new Date(now.getTime() + stage.days * DAY_MS);

type Doubt = readonly [why: WithheldReason, detail: string] | undefined;

/** Lines that no playbook touches. */
function protection({ subscriber }: Situation): Doubt {
  if (!subscriber) return ["ambiguous", "nobody can be named for sure: a person has to look"];
  const found = lineProtection(subscriber);
  return found && [found.why, found.detail];
}

/** The newest time at which the customer was let out of this measure, or of this whole matter. */
function letOutAt(situation: Situation, measure: StageMeasure): Date | undefined {
  const times = [situation.releasedAt, situation.lifted[measure.kind]].filter((time) => time instanceof Date);
  return times.sort((a, b) => b.getTime() - a.getTime())[0];
}

/** Whether the evidence is too old to act upon. Feeds come a day late: what was cleaned up meanwhile counts no more. */
function staleness(situation: Situation, measure: StageMeasure): Doubt {
  const { playbook, evidence, now } = situation;
  const released = letOutAt(situation, measure);
  if (released && evidence.seenAt <= released)
    return [
      "evidence-before-release",
      `the newest evidence (${evidence.seenAt.toISOString()}) is from before the release at ${released.toISOString()}`,
    ];
  if (now.getTime() - evidence.seenAt.getTime() > playbook.maximumEvidenceAgeDays * DAY_MS)
    return [
      "evidence-too-old",
      `the newest evidence (${evidence.seenAt.toISOString()}) is more than ${playbook.maximumEvidenceAgeDays} days old`,
    ];
  return undefined;
}

function weakness({ playbook, evidence, sourceTrust }: Situation): Doubt {
  if (sourceTrust < playbook.minimumTrust)
    return ["low-trust", `the source's trust is ${sourceTrust}, the playbook acts from ${playbook.minimumTrust} on`];
  if (evidence.confidence !== undefined && evidence.confidence < playbook.minimumConfidence)
    return ["low-confidence", `the reporter's confidence is ${evidence.confidence}`];
  return undefined;
}

/** What a playbook says of a case upon new evidence. Pure: effects are for whoever asked. */
export function decide(situation: Situation): Decision {
  const { playbook, now } = situation;
  const stage = stageOf(playbook, situation.stage);
  const { measure } = stage;
  const withhold = ([why, detail]: NonNullable<Doubt>): Decision => ({ kind: "withhold", stage, why, detail });
  const protectedBy = protection(situation);
  if (protectedBy) return withhold(protectedBy);
  if (!measure) return withhold(["notice-only", "the playbook enforces nothing at this stage"]);
  if (situation.impossibleHere.has(measure.kind))
    return withhold([
      "not-possible-here",
      `${measure.kind} can do nothing in this installation: a person has to decide`,
    ]);
  if (situation.standing.includes(measure.kind))
    return withhold(["already-standing", `${measure.kind} stands already`]);
  if (situation.state === "on-hold") return withhold(["case-on-hold", "a person has put the case on hold"]);
  const doubt = staleness(situation, measure) ?? weakness(situation);
  if (doubt) return withhold(doubt);
  return { kind: "order", stage, measure, until: endOf(stage, now) };
}
