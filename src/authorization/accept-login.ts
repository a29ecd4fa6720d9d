import type { Logger } from "pino";
import { nothingImposed } from "../enforcement/imposed.ts";
import { type Profile, profileDigest, unrestricted } from "../enforcement/profile.ts";
import { Code } from "../radius/code.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { type AccessRequest, type AccessResult, answer, drop } from "./access.ts";
import type { JournalDependencies } from "./journal-login.ts";
import { journalLogin } from "./journal-login.ts";
import { type KeepGrantDependencies, keepGrant } from "./keep-grant.ts";
import { type KeyOfText, layOver } from "./lay-over.ts";
import type { ProfileOverlay } from "./profile-overlay.ts";

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

const nothingApplied = {
  attributes: [],
  services: [],
  profile: unrestricted,
  expected: {},
  imposes: nothingImposed,
};

/** An Access-Accept with the profile laid over it; what it gives is kept before it leaves. */
export async function acceptLogin(dependencies: AcceptDependencies, login: AcceptedLogin): Promise<Acceptance> {
  const { request, username, given } = login;
  const overlay = dependencies.overlay.ofProfile(request, login.profile, given);
  if (overlay.kind === "unsupported") {
    tellUnsupported(dependencies, login, overlay.detail);
    if (login.isProfileNeeded) return { kind: "unsupported-profile" };
  }
  const applied = overlay.kind === "attributes" ? { ...overlay, profile: login.profile } : nothingApplied;
  const { profile, expected, imposes } = applied;
  const attributes = [...layOver(given, applied.attributes, dependencies.keyOfText), ...applied.services];
  if (login.grant !== "skipped") {
    const cookie = await keepGrant(dependencies, { request, username, given, profile, expected, imposes });
    if (!cookie && login.grant === "needed") return drop("database-unavailable");
    if (cookie) attributes.push(cookie);
  }
  const result = answer(Code.AccessAccept, request, attributes);
  if (login.grant !== "skipped")
    await journalLogin(dependencies, { ...login, profile, result, reason: "profile laid over" });
  return result;
}

function tellUnsupported(
  { metrics, log }: AcceptDependencies,
  { request, profile }: AcceptedLogin,
  detail: string,
): void {
  metrics.unsupportedProfiles.inc({ vendor: request.nas.vendor });
  log.warn({ nas: request.nas.id, profile: profileDigest(profile), detail }, "profile cannot be laid over this login");
}
