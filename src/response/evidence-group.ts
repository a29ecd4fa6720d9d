import { createHash } from "node:crypto";
import type { CaseOpening, Subject } from "../cases/case-store.ts";
import { severities } from "../intake/category.ts";
import type { StoredObservation } from "./report-store.ts";

/** New observations that belong into one case. */
export interface EvidenceGroup extends CaseOpening {
  readonly observations: readonly StoredObservation[];
}

/** A feed gone mad must not make a case for each of its rows: beyond so many sets of candidates they share one case. */
const MAX_DOUBTS = 20;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** The same people in question for the same kind of thing make one matter for whoever looks into it. */
function candidatesKey({ observation, attribution }: StoredObservation): string {
  const names = attribution.candidates.map(({ subscriber, session }) =>
    subscriber === null ? `session ${session}` : `subscriber ${subscriber}`,
  );
  return `${observation.category}:${digest(JSON.stringify([...new Set(names)].sort()))}`;
}

function worst(observations: readonly StoredObservation[]): EvidenceGroup["severity"] {
  const ranks = observations.map(({ observation }) => severities.indexOf(observation.severity));
  return severities[Math.max(0, ...ranks)] ?? "low";
}

function groupsBy(
  observations: readonly StoredObservation[],
  keyOf: (observation: StoredObservation) => string,
  subjectOf: (first: StoredObservation, key: string) => Subject,
): EvidenceGroup[] {
  return [...Map.groupBy(observations, keyOf)].flatMap(([key, members]) => {
    const [first] = members;
    if (!first) return [];
    const { category } = first.observation;
    return [{ subject: subjectOf(first, key), category, severity: worst(members), observations: members }];
  });
}

/**
 * Sorts new observations into the cases that they make or add to: by subscriber and category where the attribution is
 * exact; for a person to look at where it is ambiguous. Where nobody held the address there is no case.
 */
export function evidenceGroups(stored: readonly StoredObservation[], sourceId: string): EvidenceGroup[] {
  const exact = stored.filter(({ attribution }) => attribution.verdict === "exact");
  const ambiguous = stored.filter(({ attribution }) => attribution.verdict === "ambiguous");
  const doubts = new Set(ambiguous.map(candidatesKey)).size;
  const sourceKey = ({ observation }: StoredObservation) => `${observation.category}:source:${sourceId}`;
  return [
    ...groupsBy(
      exact,
      ({ observation, attribution }) => JSON.stringify([attribution.subscriber, observation.category]),
      ({ attribution }) => ({ kind: "subscriber", subscriberId: attribution.subscriber ?? "" }),
    ),
    ...groupsBy(ambiguous, doubts > MAX_DOUBTS ? sourceKey : candidatesKey, (_, doubt) => ({ kind: "doubt", doubt })),
  ];
}
