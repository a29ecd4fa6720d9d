import { grantedAttributes } from "../../../src/coa/granted-attributes.ts";
import { planEnforcement } from "../../../src/coa/plan.ts";
import { requestAttributes } from "../../../src/coa/request-attributes.ts";
import { translate } from "../../../src/coa/translate.ts";
import type { Imposed } from "../../../src/enforcement/imposed.ts";
import type { Profile } from "../../../src/enforcement/profile.ts";
import type { NamedAttribute, Nas } from "../../../src/nas/nas.ts";
import { formatAttribute, namedAttribute } from "../../../src/radius/attribute-text.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { Session } from "../../../src/session/session.ts";
import { packetIn, shippedDictionary } from "../../support/wire.ts";

/** A session of a vendor that is to go from one profile to another. */
export interface Change {
  readonly vendor: string;
  readonly from?: Profile;
  /** What may run on the session, where that is not just `from`. */
  readonly imposed?: Imposed;
  /** What is imposed may be in force, or not. */
  readonly isUnsure?: true;
  readonly to: Profile;
  /** What the upstream's Access-Accept gave. */
  readonly granted?: readonly NamedAttribute[];
  /** The NAS's `profiles.none`. */
  readonly none?: readonly NamedAttribute[];
  readonly plan?: { readonly downKbps: number; readonly upKbps: number };
}

/** One request: its attributes as FreeRADIUS writes them, Message-Authenticator aside, and its octets. */
export interface DecodedRequest {
  readonly code: number;
  readonly attributes: readonly string[];
  readonly octets: string;
}

const secret = Buffer.from("testing123");
const now = new Date("2026-03-01T12:00:00Z");
const keyless = { secret, authenticator: Buffer.alloc(16) };
const MESSAGE_AUTHENTICATOR = 80;

export const nasOf = ({ vendor, none }: Pick<Change, "vendor" | "none">): Nas => ({
  id: "bng1",
  address: "192.0.2.1",
  secret,
  vendor,
  requireMessageAuthenticator: "auto",
  coa: {},
  profiles: none ? { none } : {},
  messageAuthenticatorSeen: false,
  createdAt: now,
  updatedAt: now,
});

function wire(attributes: readonly NamedAttribute[]): Buffer {
  const typed = attributes.map((attribute) => namedAttribute(shippedDictionary, attribute));
  const raw = encodeAttributes(shippedDictionary, typed, keyless);
  return Buffer.concat(raw.flatMap(({ type, value }) => [Buffer.of(type, value.length + 2), value]));
}

export const sessionWith = (granted?: readonly NamedAttribute[]): Session => ({
  id: "1",
  nasId: "bng1",
  acctSessionId: "80000001",
  username: "alice@isp.example",
  startedAt: now,
  lastSeenAt: now,
  ipv4: "100.64.0.7",
  ipv6: [],
  inputOctets: 0n,
  outputOctets: 0n,
  identity: { "NAS-IP-Address": "192.0.2.1", "NAS-Identifier": "bng1", "Calling-Station-Id": "02-00-5E-00-53-01" },
  ...(granted && { granted: wire(granted) }),
});

/** What runs on the session before the change. */
function imposedBy(change: Change) {
  const translated = translate(nasOf(change), change.from ?? {});
  if (!translated.ok) throw new Error(translated.detail);
  return translated.translation;
}

export function planOf(change: Change) {
  const request = {
    nas: nasOf(change),
    session: sessionWith(change.granted),
    imposed: change.imposed ?? imposedBy(change),
    isCertain: change.isUnsure !== true,
    to: change.to,
    ...(change.plan && { subscribedRates: change.plan }),
  };
  return planEnforcement(request, (granted) => grantedAttributes(shippedDictionary, granted));
}

function decoded(octets: Buffer): DecodedRequest {
  const packet = packetIn(octets);
  const attributes = decodeAttributes(shippedDictionary, packet.attributes, keyless).filter(
    ({ name }) => shippedDictionary.attribute(name)?.oid !== String(MESSAGE_AUTHENTICATOR),
  );
  return {
    code: packet.code,
    attributes: attributes.map((attribute) => formatAttribute(shippedDictionary, attribute)),
    octets: octets.toString("hex"),
  };
}

/** The requests of a change, identifiers from 0 on, at a fixed time. */
export function requestsFor(change: Change): DecodedRequest[] {
  const plan = planOf(change);
  if (plan.kind !== "steps") throw new Error(plan.detail);
  const nas = nasOf(change);
  const session = sessionWith(change.granted);
  return plan.steps.map((step, identifier) => {
    const attributes = requestAttributes(shippedDictionary, { nas, session, step, now });
    const code = step.kind === "coa" ? 43 : 40;
    return decoded(encodeRequest({ code, identifier, attributes, secret, messageAuthenticator: true }));
  });
}
