import { describe, expect, test } from "vitest";
import {
  type CredentialVerdict,
  decideLogin,
  type LoginDecision,
  type LoginFacts,
} from "../../../src/authorization/decide-login.ts";
import { type Profile, unrestricted } from "../../../src/enforcement/profile.ts";

const suspended: Profile = { isSuspended: true };
const terminated: Profile = { isTerminated: true, isSuspended: true };
type Regeneration = LoginFacts["regeneratePassword"];
const armed: Regeneration = { progress: "armed", params: { when: "next-auth", answer: "reject" } };
const armedGarden: Regeneration = { progress: "armed", params: { when: "next-auth", answer: "walled-garden" } };
const regenerated: Regeneration = { progress: "regenerated", params: { when: "next-auth", answer: "reject" } };

const accept: LoginDecision = { kind: "accept" };
const reject = (reason: string) => ({ kind: "reject", reason });

type Row = [CredentialVerdict, Profile, Regeneration, object, string];

const rows: readonly Row[] = [
  ["correct", unrestricted, undefined, accept, "a correct password is let in"],
  ["correct", { isWalledGarden: true }, undefined, accept, "a garden lets in"],
  ["correct", { throttle: { downKbps: 1, upKbps: 1 } }, undefined, accept, "a throttle lets in"],
  ["wrong", unrestricted, undefined, reject("not-authenticated"), "a wrong password is not"],
  ["wrong", suspended, undefined, reject("not-authenticated"), "a wrong password is not told of a suspension"],
  ["wrong", unrestricted, armed, reject("not-authenticated"), "a wrong password regenerates nothing"],
  ["wrong", unrestricted, regenerated, reject("not-authenticated"), "a wrong password adopts nothing"],
  ["correct", suspended, undefined, reject("suspended"), "a suspended subscriber is told so"],
  ["correct", terminated, undefined, reject("terminated"), "termination comes before suspension"],
  ["correct", suspended, armed, reject("suspended"), "a suspension comes before a regeneration"],
  ["correct", suspended, regenerated, reject("suspended"), "a suspension comes before an adoption"],
  ["no-credential", suspended, undefined, reject("suspended"), "who has no password is told of a suspension"],
  ["no-credential", unrestricted, undefined, reject("not-authenticated"), "who has no password is not let in"],
  ["correct", unrestricted, armed, { kind: "regenerate", answer: "reject" }, "the login that regeneration waits for"],
  ["correct", unrestricted, armedGarden, { kind: "regenerate", answer: "walled-garden" }, "the same, with a garden"],
  ["correct", unrestricted, regenerated, { kind: "adopt" }, "the first login with the new password"],
  ["withdrawn", unrestricted, regenerated, reject("password-withdrawn"), "the old password never works again"],
  ["withdrawn", unrestricted, armed, reject("password-withdrawn"), "nor while another regeneration waits"],
  ["withdrawn", { isWalledGarden: true }, regenerated, reject("password-withdrawn"), "nor for the garden"],
];

describe("a login", () => {
  test.each(rows)(
    "%s password, profile %j, regeneration %j → %j: %s",
    (credential, profile, regeneratePassword, decision) => {
      expect(decideLogin({ credential, profile, ...(regeneratePassword && { regeneratePassword }) })).toEqual(decision);
    },
  );
});
