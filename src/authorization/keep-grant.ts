import type { Imposed } from "../enforcement/imposed.ts";
import { type Profile, profileDigest } from "../enforcement/profile.ts";
import type { RawAttribute } from "../radius/packet.ts";
import type { AccessRequest } from "./access.ts";
import type { AccessMetrics } from "./access-metrics.ts";
import type { Grants } from "./grants.ts";
import type { HiddenAttributes } from "./hidden-attributes.ts";
import { textValue } from "./text-value.ts";

export interface KeepGrantDependencies {
  readonly grants: Grants;
  readonly hidden: HiddenAttributes;
  readonly metrics: AccessMetrics;
}

export interface GrantToKeep {
  readonly request: AccessRequest;
  readonly username: string;
  /** What the answer carries apart from the profile. */
  readonly given: readonly RawAttribute[];
  /** What was laid over. */
  readonly profile: Profile;
  /** What accounting will show of it: attribute name -> values. */
  readonly expected: Readonly<Record<string, readonly string[]>>;
  readonly imposes: Imposed;
}

const USER_NAME = 1;
const CALLING_STATION_ID = 31;
const ACCT_SESSION_ID = 44;
const NAS_PORT_ID = 87;
const VENDOR_SPECIFIC = 26;
const MICROSOFT = 311;
/** Reply-Message, State, Class, Proxy-State, EAP-Message, Message-Authenticator: of this login, not of its session. */
const ofThisLogin: ReadonlySet<number> = new Set([18, 24, 25, 33, 79, 80]);

/** Stores what an Accept gives; the id that finds it again. undefined: the database did not take it. */
export async function keepGrant(
  { grants, hidden, metrics }: KeepGrantDependencies,
  { request, username, given, profile, expected, imposes }: GrantToKeep,
): Promise<string | undefined> {
  const { packet, nas, receivedAt } = request;
  const askedUsername = textValue(packet, USER_NAME);
  const acctSessionId = textValue(packet, ACCT_SESSION_ID);
  const callingStationId = textValue(packet, CALLING_STATION_ID);
  const nasPortId = textValue(packet, NAS_PORT_ID);
  const digest = profileDigest(profile);
  const restorable = given.filter((attribute) => isRestorable(attribute) && !hidden.isHidden(attribute));
  try {
    return await grants.save({
      nasId: nas.id,
      username,
      ...(askedUsername !== undefined && { askedUsername }),
      ...(acctSessionId !== undefined && { acctSessionId }),
      ...(callingStationId !== undefined && { callingStationId }),
      ...(nasPortId !== undefined && { nasPortId }),
      givenAt: receivedAt,
      attributes: wireOctets(restorable),
      ...(digest !== null && { profile, profileDigest: digest, expected, imposed: imposes }),
    });
  } catch {
    metrics.withoutDatabase.inc({ what: "grant" });
    return undefined;
  }
}

/** Keys and proofs are secrets, and of no use to a later Change-of-Authorization. */
function isRestorable({ type, value }: RawAttribute): boolean {
  if (ofThisLogin.has(type)) return false;
  return !(type === VENDOR_SPECIFIC && value.length >= 4 && value.readUInt32BE(0) === MICROSOFT);
}

const wireOctets = (attributes: readonly RawAttribute[]): Buffer =>
  Buffer.concat(attributes.flatMap(({ type, value }) => [Buffer.of(type, value.length + 2), value]));
