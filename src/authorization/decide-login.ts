import { forbidsSession, type Profile } from "../enforcement/profile.ts";
import type { LoginProfile } from "../enforcement/subscriber-profile-store.ts";

/** How the request's password stands to the subscriber's. */
export type CredentialVerdict =
  | "correct"
  /** It was correct until a regeneration withdrew it. */
  | "withdrawn"
  /** Also when nobody has that username: who asks must not see the difference. */
  | "wrong"
  /** The subscriber is known and has no password here at all. */
  | "no-credential";

type StandingRegeneration = NonNullable<LoginProfile["regeneratePassword"]>;

export type RejectReason =
  | "not-authenticated"
  | "suspended"
  | "terminated"
  /** The password was replaced, now or before; the customer has to ask for the new one. */
  | "password-withdrawn";

export type LoginDecision =
  | { readonly kind: "accept" }
  | { readonly kind: "reject"; readonly reason: RejectReason }
  /** This login is the one that regenerate-password waits for; its answer follows from what comes of it. */
  | { readonly kind: "regenerate"; readonly answer: "reject" | "walled-garden" }
  /** The first login with the regenerated password: it ends the measure, then it is accepted. */
  | { readonly kind: "adopt" };

export interface LoginFacts {
  readonly credential: CredentialVerdict;
  readonly profile: Profile;
  readonly regeneratePassword?: Pick<StandingRegeneration, "params" | "progress">;
}

/**
 * What a login with local credentials gets. Only a customer who proved the password is told about a suspension, or one
 * who has no password that could prove anything. A suspension comes before a regeneration: that waits for a login which
 * would be let in, so that the customer has one thing to do at a time.
 */
export function decideLogin({ credential, profile, regeneratePassword }: LoginFacts): LoginDecision {
  if (credential === "wrong") return { kind: "reject", reason: "not-authenticated" };
  if (forbidsSession(profile)) return { kind: "reject", reason: forbiddenBecause(profile) };
  if (credential === "no-credential") return { kind: "reject", reason: "not-authenticated" };
  if (credential === "withdrawn") return { kind: "reject", reason: "password-withdrawn" };
  if (!regeneratePassword) return { kind: "accept" };
  const { progress, params } = regeneratePassword;
  return progress === "armed" ? { kind: "regenerate", answer: params.answer } : { kind: "adopt" };
}

/** Of a profile that forbids every session. */
export const forbiddenBecause = (profile: Profile): "terminated" | "suspended" =>
  profile.isTerminated ? "terminated" : "suspended";
