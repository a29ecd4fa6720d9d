import { expect, test } from "vitest";
import {
  type CaseState,
  caseStates,
  evidenceKind,
  evidenceKinds,
  nextState,
  personKinds,
} from "../../../src/cases/case-state.ts";

const refused = undefined;
const table: Readonly<Record<string, readonly (CaseState | undefined)[]>> = {
  //                     open        on-hold     watching    closed
  grew: ["open", "on-hold", refused, refused],
  recurred: [refused, refused, "open", refused],
  "late-evidence": ["open", "on-hold", "watching", "closed"],
  note: ["open", "on-hold", "watching", "closed"],
  "remediation-advised": ["open", "on-hold", refused, refused],
  release: ["watching", "watching", refused, refused],
  escalate: ["open", refused, "open", refused],
  hold: ["on-hold", refused, refused, refused],
  resume: [refused, "open", refused, refused],
  approve: ["open", "on-hold", refused, refused],
  close: ["closed", "closed", "closed", refused],
  reopen: [refused, refused, "open", "open"],
};

test("the state machine is this table", () => {
  for (const happening of [...evidenceKinds, ...personKinds])
    expect([happening, ...caseStates.map((state) => nextState(state, happening))]).toEqual([
      happening,
      ...(table[happening] ?? []),
    ]);
});

test("a person can lead a case out of every state", () => {
  for (const state of caseStates)
    expect(personKinds.some((kind) => ![undefined, state].includes(nextState(state, kind)))).toBe(true);
});

test("evidence is new, newly recurring, or late", () => {
  expect(evidenceKind("open", false)).toBe("grew");
  expect(evidenceKind("on-hold", false)).toBe("grew");
  expect(evidenceKind("watching", false)).toBe("recurred");
  expect(evidenceKind("watching", true)).toBe("late-evidence");
  expect(evidenceKind("closed", false)).toBe("late-evidence");
});

test("whatever evidence comes, its kind can happen in that state", () => {
  for (const state of caseStates)
    for (const isLate of [true, false]) expect(nextState(state, evidenceKind(state, isLate))).toBeDefined();
});
