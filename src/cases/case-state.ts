/**
 * `open`: something is to be done or in force. `on-hold`: a person wants nothing done by itself. `watching`: released;
 * new evidence opens it again. `closed`: over; later evidence opens a new case.
 */
export const caseStates = ["open", "on-hold", "watching", "closed"] as const;
export type CaseState = (typeof caseStates)[number];

/** What happens to a case by evidence. `grew`: it still goes on. `recurred`: it does so after a release. */
export const evidenceKinds = ["grew", "recurred", "late-evidence"] as const;
/** What people (and later the customer) say. */
export const personKinds = [
  "note",
  "remediation-advised",
  "release",
  "escalate",
  "hold",
  "resume",
  "approve",
  "close",
  "reopen",
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];
export type PersonKind = (typeof personKinds)[number];
type Happening = EvidenceKind | PersonKind;

/** From a state, by what happens, to a state. What is not here cannot happen there. Every state has a person's way out. */
const transitions: Readonly<Record<CaseState, Readonly<Partial<Record<Happening, CaseState>>>>> = {
  open: {
    grew: "open",
    "late-evidence": "open",
    note: "open",
    "remediation-advised": "open",
    escalate: "open",
    approve: "open",
    hold: "on-hold",
    release: "watching",
    close: "closed",
  },
  "on-hold": {
    grew: "on-hold",
    "late-evidence": "on-hold",
    note: "on-hold",
    "remediation-advised": "on-hold",
    approve: "on-hold",
    resume: "open",
    release: "watching",
    close: "closed",
  },
  watching: {
    recurred: "open",
    "late-evidence": "watching",
    note: "watching",
    escalate: "open",
    reopen: "open",
    close: "closed",
  },
  closed: {
    "late-evidence": "closed",
    note: "closed",
    reopen: "open",
  },
};

/** The state that follows; undefined: this cannot happen in that state. */
export const nextState = (state: CaseState, happening: Happening): CaseState | undefined =>
  transitions[state][happening];

/** What new evidence is to a case in this state. `isLate`: it is from before the last release or the closing. */
export function evidenceKind(state: CaseState, isLate: boolean): EvidenceKind {
  if (isLate || state === "closed") return "late-evidence";
  return state === "watching" ? "recurred" : "grew";
}
