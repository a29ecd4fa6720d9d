import type { Logger } from "pino";
import { type Profile, profileDigest, unrestricted } from "../enforcement/profile.ts";
import { Code } from "../radius/code.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { type AccessRequest, type AccessResult, answer, drop } from "./access.ts";
import type { AccessMetrics } from "./access-metrics.ts";
import { classCookie } from "./class-cookie.ts";
import type { Grants } from "./grants.ts";
import type { HiddenAttributes } from "./hidden-attributes.ts";
import { type IsKeyedText, layOver } from "./lay-over.ts";
import type { ProfileOverlay } from "./profile-overlay.ts";
import { textValue } from "./text-value.ts";

export interface AcceptDependencies {
  readonly overlay: ProfileOverlay;
  readonly grants: Grants;
  readonly isKeyedText: IsKeyedText;
  readonly hidden: HiddenAttributes;
  readonly metrics: AccessMetrics;
  readonly log: Logger;
}

export interface AcceptedLogin {
  readonly request: AccessRequest;
  /** Under which the session's accounting will come. */
  readonly username: string;
  readonly profile: Profile;
  /** What the answer carries apart from the profile. */
  readonly given: readonly RawAttribute[];
  /** Let in although the profile cannot be laid over, or the grant cannot be kept; otherwise neither is acceptable. */
  readonly isLenient: { readonly withoutProfile: boolean; readonly withoutGrant: boolean };
}

/** The profile could not be laid over, and the login must not be let in without it. */
export type Acceptance = AccessResult | { readonly kind: "unsupported-profile" };

const CALLING_STATION_ID = 31;
const ACCT_SESSION_ID = 44;
const VENDOR_SPECIFIC = 26;
const MICROSOFT = 311;
/** Reply-Message, State, Class, Proxy-State, EAP-Message, Message-Authenticator: of this login, not of its session. */
const ofThisLogin: ReadonlySet<number> = new Set([18, 24, 25, 33, 79, 80]);

/** An Access-Accept with the profile laid over it; what it gives is kept before it leaves. */
export async function acceptLogin(dependencies: AcceptDependencies, login: AcceptedLogin): Promise<Acceptance> {
  const { request, profile, given } = login;
  const overlay = dependencies.overlay(request, profile);
  if (overlay.kind === "unsupported") {
    tellUnsupported(dependencies, login, overlay.detail);
    if (!login.isLenient.withoutProfile) return { kind: "unsupported-profile" };
  }
  const isApplied = overlay.kind === "attributes";
  const attributes = isApplied ? layOver(given, overlay.attributes, dependencies.isKeyedText) : [...given];
  const cookie = await keepGrant(dependencies, login, isApplied ? profile : unrestricted);
  if (!cookie) return drop("database-unavailable");
  return answer(Code.AccessAccept, request, [...attributes, ...cookie]);
}

/** The Class attribute that finds the grant again; none where it could not be kept and that is acceptable. */
async function keepGrant(
  { grants, hidden, metrics }: AcceptDependencies,
  { request, username, given, isLenient }: AcceptedLogin,
  profile: Profile,
): Promise<RawAttribute[] | undefined> {
  const { packet, nas, receivedAt } = request;
  const text = (type: number) => textValue(packet, type);
  const acctSessionId = text(ACCT_SESSION_ID);
  const callingStationId = text(CALLING_STATION_ID);
  const digest = profileDigest(profile);
  const restorable = given.filter((attribute) => isRestorable(attribute) && !hidden.isHidden(attribute));
  try {
    const id = await grants.save({
      nasId: nas.id,
      username,
      ...(acctSessionId !== undefined && { acctSessionId }),
      ...(callingStationId !== undefined && { callingStationId }),
      givenAt: receivedAt,
      attributes: wireOctets(restorable),
      ...(digest !== null && { profile, profileDigest: digest }),
    });
    return [classCookie(id)];
  } catch {
    metrics.withoutDatabase.inc({ what: "grant" });
    return isLenient.withoutGrant ? [] : undefined;
  }
}

/** Keys and proofs are secrets, and of no use to a later Change-of-Authorization. */
function isRestorable({ type, value }: RawAttribute): boolean {
  if (ofThisLogin.has(type)) return false;
  return !(type === VENDOR_SPECIFIC && value.length >= 4 && value.readUInt32BE(0) === MICROSOFT);
}

const wireOctets = (attributes: readonly RawAttribute[]): Buffer =>
  Buffer.concat(attributes.flatMap(({ type, value }) => [Buffer.of(type, value.length + 2), value]));

function tellUnsupported(
  { metrics, log }: AcceptDependencies,
  { request, profile }: AcceptedLogin,
  detail: string,
): void {
  metrics.unsupportedProfiles.inc({ vendor: request.nas.vendor });
  log.warn({ nas: request.nas.id, profile: profileDigest(profile), detail }, "profile cannot be laid over this login");
}
