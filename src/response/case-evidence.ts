import type { CaseEvent } from "../cases/case-event-store.ts";
import { type CaseState, type EvidenceKind, evidenceKind, nextState } from "../cases/case-state.ts";
import type { OpenedCase } from "../cases/case-store.ts";
import type { EvidenceContext } from "./evidence-context-store.ts";
import type { EvidenceGroup } from "./evidence-group.ts";
import type { StoredObservation } from "./report-store.ts";

/** A case that got new evidence. */
export interface GrownCase {
  readonly case: OpenedCase;
  readonly group: EvidenceGroup;
  /** Undefined: nobody could be named for sure. */
  readonly context: EvidenceContext | undefined;
}

/** The last moment that an observation speaks of. */
export const seenAt = ({ observation }: StoredObservation): Date => observation.until ?? observation.at;

/** When this matter was last let go, in this case or in one before it. */
export function releasedAt({ case: grown, context }: GrownCase): Date | null {
  const times = [grown.releasedAt, context?.letGoAt].filter((time) => time instanceof Date);
  return times.sort((a, b) => b.getTime() - a.getTime())[0] ?? null;
}

/**
 * The observation that a decision rests on: of those after the last release the surest, of equally sure ones the newest.
 * If all are from before it, the newest.
 */
export function decidingObservation(grown: GrownCase): StoredObservation | undefined {
  const released = releasedAt(grown);
  const fresh = grown.group.observations.filter((observation) => !released || seenAt(observation) > released);
  const sureness = (observation: StoredObservation) => observation.observation.confidence ?? 1;
  const newestFirst = (a: StoredObservation, b: StoredObservation) => seenAt(b).getTime() - seenAt(a).getTime();
  if (fresh.length === 0) return [...grown.group.observations].sort(newestFirst)[0];
  return fresh.sort((a, b) => sureness(b) - sureness(a) || newestFirst(a, b))[0];
}

/** What the new evidence is to the case, and the state that follows. */
export function grow(grown: GrownCase): { readonly kind: EvidenceKind | "opened"; readonly state: CaseState } {
  if (grown.case.isNew) return { kind: "opened", state: "open" };
  const released = grown.case.releasedAt;
  const isLate = released !== null && grown.group.observations.every((observation) => seenAt(observation) <= released);
  const kind = evidenceKind(grown.case.state, isLate);
  return { kind, state: nextState(grown.case.state, kind) ?? grown.case.state };
}

const SHOWN = 20;

export interface EvidenceEntry {
  readonly caseId: string;
  readonly group: EvidenceGroup;
  /** "opened", "grew", "recurred" or "late-evidence". */
  readonly kind: string;
  readonly reported: { readonly reportId: string; readonly sourceId: string };
}

/** Some were reported before anything was recorded that tells whose they are. */
function laterText(anew: number, all: number): string {
  if (anew === 0) return "";
  return anew === all ? ", attributed later than reported" : `, ${anew} of them attributed later than reported`;
}

/** The entry in the case's timeline. */
export function evidenceEvent({ caseId, group, kind, reported }: EvidenceEntry): CaseEvent {
  const { observations, category, subject } = group;
  const names = [...new Set(observations.flatMap(({ observation }) => observation.name ?? []))];
  const what = names.length > 0 ? `${category} (${names.slice(0, 3).join(", ")})` : category;
  const count = observations.length === 1 ? "an observation" : `${observations.length} observations`;
  const anew = observations.filter(({ earlier }) => earlier !== undefined).length;
  return {
    caseId,
    kind,
    actor: `source:${reported.sourceId}`,
    note: `${count} of ${what}${laterText(anew, observations.length)}`,
    detail: {
      report: reported.reportId,
      count: observations.length,
      observations: observations.slice(0, SHOWN).map(({ id }) => id),
      ...(anew > 0 ? { attributedLater: anew } : {}),
      ...(subject.kind === "doubt" ? { why: observations[0]?.attribution.reason } : {}),
    },
  };
}
