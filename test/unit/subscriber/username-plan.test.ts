import { expect, test } from "vitest";
import { planUsernames, takenText, type UsernameOwner } from "../../../src/subscriber/username-plan.ts";
import { usernameSpelling } from "../../../src/subscriber/username-spelling.ts";

const real = (username: string, subscriberId: string): UsernameOwner => ({
  username,
  spelling: usernameSpelling(username),
  subscriberId,
  isAutomatic: false,
});
const automatic = (username: string): UsernameOwner => ({
  username,
  spelling: usernameSpelling(username),
  subscriberId: username,
  isAutomatic: true,
});
const row = (id: string, ...usernames: string[]) => ({ id, usernames });

test("a username of nobody's is added", () => {
  const plan = planUsernames([row("c1", "anna")], []);
  expect(plan.verdicts).toEqual([{ kind: "taken-over" }]);
  expect(plan.added).toEqual([{ username: "anna", subscriberId: "c1" }]);
});

test("a username that is left out is freed", () => {
  const plan = planUsernames([row("c1", "anna")], [real("anna", "c1"), real("old", "c1")]);
  expect(plan.removed).toEqual(["old"]);
  expect(plan.added).toEqual([]);
});

test("a username of another real subscriber is refused, and the row changes nothing", () => {
  const plan = planUsernames([row("c2", "new", "anna")], [real("anna", "c1")]);
  expect(plan.verdicts).toEqual([{ kind: "username-taken", username: "anna", heldAs: "anna", owner: "c1" }]);
  expect(plan.added).toEqual([]);
  expect(plan.removed).toEqual([]);
});

test("a username of an automatic subscriber brings that subscriber along", () => {
  const plan = planUsernames([row("c1", "anna")], [automatic("anna")]);
  expect(plan.merges).toEqual([{ from: "anna", into: "c1" }]);
  expect(plan.added).toEqual([{ username: "anna", subscriberId: "c1" }]);
});

test("an automatic subscriber put by its own id is not merged into anything", () => {
  const plan = planUsernames([row("anna", "anna")], [automatic("anna")]);
  expect(plan.merges).toEqual([]);
  expect(plan.added).toEqual([]);
});

test("rows are decided in order: a username freed by an earlier row can be taken by a later one, not the other way round", () => {
  const known = [real("anna", "c1")];
  expect(planUsernames([row("c1"), row("c2", "anna")], known).verdicts.map(({ kind }) => kind)).toEqual([
    "taken-over",
    "taken-over",
  ]);
  expect(planUsernames([row("c2", "anna"), row("c1")], known).verdicts.map(({ kind }) => kind)).toEqual([
    "username-taken",
    "taken-over",
  ]);
});

test("a subscriber that an earlier row made real is not merged by a later one", () => {
  const plan = planUsernames([row("anna", "anna"), row("c1", "anna")], [automatic("anna")]);
  expect(plan.verdicts[1]).toEqual({ kind: "username-taken", username: "anna", heldAs: "anna", owner: "anna" });
  expect(plan.merges).toEqual([]);
});

test("of two rows with one id the later one's usernames stay", () => {
  const plan = planUsernames([row("c1", "a", "b"), row("c1", "b", "c")], []);
  expect(plan.added.map(({ username }) => username).sort()).toEqual(["b", "c"]);
});

test("another spelling of a real subscriber's username is that username; the subscriber's own may have several", () => {
  const known = [real("anna", "c1")];
  const taken = { kind: "username-taken", username: "ANNA", heldAs: "anna", owner: "c1" } as const;
  expect(planUsernames([row("c2", "ANNA")], known).verdicts).toEqual([taken]);
  expect(planUsernames([row("c1", "ANNA", "anna")], known).verdicts).toEqual([{ kind: "taken-over" }]);
  expect(planUsernames([row("c1"), row("c2", "ANNA")], known).verdicts[1]).toEqual({ kind: "taken-over" });
  expect(takenText(taken)).toBe("username ANNA is another spelling of anna, which belongs to subscriber c1");
  expect(takenText({ ...taken, username: "anna" })).toBe("username anna belongs to subscriber c1");
});

test("automatic subscribers of all spellings of a username are brought along", () => {
  const plan = planUsernames([row("c1", "anna")], [automatic("ANNA"), automatic("Anna"), automatic("bob")]);
  expect(plan.merges).toEqual([
    { from: "ANNA", into: "c1" },
    { from: "Anna", into: "c1" },
  ]);
  expect(plan.added).toEqual([{ username: "anna", subscriberId: "c1" }]);
});
