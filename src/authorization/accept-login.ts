import type { Logger } from "pino";
import { nothingImposed } from "../enforcement/imposed.ts";
import { type Profile, profileDigest, unrestricted } from "../enforcement/profile.ts";
import { Code } from "../radius/code.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { type AccessRequest, type AccessResult, answer, drop, fitsAnswer } from "./access.ts";
import { classCookie, unkeptClass } from "./class-cookie.ts";
import type { JournalDependencies } from "./journal-login.ts";
import { journalLogin } from "./journal-login.ts";
import { type KeepGrantDependencies, keepGrant } from "./keep-grant.ts";
import { type KeyOfText, layOver } from "./lay-over.ts";
import type { Overlay, ProfileOverlay } from "./profile-overlay.ts";

export interface AcceptDependencies extends KeepGrantDependencies, JournalDependencies {
  readonly overlay: ProfileOverlay;
  readonly keyOfText: KeyOfText;
  readonly log: Logger;
}

export interface AcceptedLogin {
  readonly request: AccessRequest;
  /** Under which the session's accounting will come. */
  readonly username: string;
  /** Absent: nobody's username yet. */
  readonly subscriberId?: string;
  readonly profile: Profile;
  /** What the answer carries apart from the profile. */
  readonly given: readonly RawAttribute[];
  /** Not to be let in without the profile, even where the NAS's vendor cannot express it. */
  readonly isProfileNeeded: boolean;
  /** Whether the answer waits for its grant: "needed" drops it without, "wanted" lets it go; "skipped" does not try. */
  readonly grant: "needed" | "wanted" | "skipped";
}

/** The profile could not be laid over, and the login must not be let in without it. */
export type Acceptance = AccessResult | { readonly kind: "unsupported-profile" };

const nothingApplied = { profile: unrestricted, expected: {}, imposes: nothingImposed };

type LaidOver =
  | { readonly kind: "laid-over"; readonly attributes: readonly RawAttribute[] }
  | { readonly kind: "unsupported"; readonly detail: string };

/** What the answer carries with the overlay, if that can be said and has room in it. */
function laidOver({ keyOfText }: AcceptDependencies, { request, given }: AcceptedLogin, overlay: Overlay): LaidOver {
  if (overlay.kind === "unsupported") return overlay;
  const attributes = [...layOver(given, overlay.attributes, keyOfText), ...overlay.services];
  // Where what is given has no room by itself, it is not the overlay that is too long.
  return fitsAnswer(request, attributes) || !fitsAnswer(request, given)
    ? { kind: "laid-over", attributes }
    : { kind: "unsupported", detail: "the answer has no room for it" };
}

/** An Access-Accept with the profile laid over it; what it gives is kept before it leaves. */
export async function acceptLogin(dependencies: AcceptDependencies, login: AcceptedLogin): Promise<Acceptance> {
  const { request, username, given } = login;
  const overlay = dependencies.overlay.ofProfile(request, login.profile, given);
  const laid = laidOver(dependencies, login, overlay);
  if (laid.kind === "unsupported") {
    tellUnsupported(dependencies, login, laid.detail);
    if (login.isProfileNeeded) return { kind: "unsupported-profile" };
  }
  const isLaidOver = overlay.kind === "attributes" && laid.kind === "laid-over";
  const { profile, expected, imposes } = isLaidOver ? { ...overlay, profile: login.profile } : nothingApplied;
  const attributes = laid.kind === "laid-over" ? laid.attributes : given;
  const grantId =
    login.grant === "skipped"
      ? undefined
      : await keepGrant(dependencies, { request, username, given, profile, expected, imposes });
  if (grantId === undefined && login.grant === "needed") return drop("database-unavailable");
  const cookies = cookiesFor(grantId, profile);
  // Without the Class the session finds its grant by its other keys.
  const withClass = [...attributes, ...cookies];
  const result = answer(Code.AccessAccept, request, fitsAnswer(request, withClass) ? withClass : attributes);
  if (login.grant !== "skipped")
    await journalLogin(dependencies, { ...login, profile, result, reason: "profile laid over" });
  return result;
}

function cookiesFor(grantId: string | undefined, profile: Profile): RawAttribute[] {
  if (grantId !== undefined) return [classCookie(grantId)];
  return profileDigest(profile) === null ? [] : [unkeptClass];
}

function tellUnsupported(
  { metrics, log }: AcceptDependencies,
  { request, profile }: AcceptedLogin,
  detail: string,
): void {
  metrics.unsupportedProfiles.inc({ vendor: request.nas.vendor });
  log.warn({ nas: request.nas.id, profile: profileDigest(profile), detail }, "profile cannot be laid over this login");
}
