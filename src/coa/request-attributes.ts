import type { Dictionary } from "../dictionary/dictionary.ts";
import type { Identification, Step } from "../enforcement/nas-gateway.ts";
import type { NamedAttribute, Nas } from "../nas/nas.ts";
import { isSessionAddress, namesSession } from "../nas/session-keys.ts";
import { namedAttribute } from "../radius/attribute-text.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import type { RawAttribute } from "../radius/packet.ts";
import type { Session } from "../session/session.ts";
import { vendorOf } from "./vendors/vendors.ts";

const EVENT_TIMESTAMP = "Event-Timestamp";

function keyValue(session: Session, name: string): string | undefined {
  switch (name) {
    case "Acct-Session-Id":
      return session.acctSessionId;
    case "User-Name":
      // By the name under which the NAS has it: the Access-Accept may have been made out to another.
      return session.identity["User-Name"] ?? session.username;
    case "Framed-IP-Address":
      return session.ipv4;
    default:
      return session.identity[name];
  }
}

/** How a request can say which session it is about: by an address alone, it is whoever's the address is now. */
export function identificationOf(nas: Nas, session: Session): Identification {
  const naming = sessionKeys(nas, session).filter(({ name }) => namesSession(name));
  if (naming.length === 0) return { kind: "none" };
  if (naming.some(({ name }) => !isSessionAddress(name))) return { kind: "session" };
  return { kind: "address", addresses: naming.map(({ value }) => String(value)) };
}

/** Only what the vendor takes (an attribute too many is a NAK 401 on some), and of that what the session has. */
function sessionKeys(nas: Nas, session: Session): NamedAttribute[] {
  const names = nas.coa.sessionKeys ?? vendorOf(nas.vendor).sessionKeys;
  return names.flatMap((name) => {
    const value = keyValue(session, name);
    return value === undefined || value === "" ? [] : [{ name, value }];
  });
}

/**
 * The attributes of one request: the session's keys, what is to change, and the time, taken once (RFC 5176 section 3.3:
 * it is not taken again for a retransmission). Throws RadiusError for an override that no dictionary fits.
 */
export function requestAttributes(
  dictionary: Dictionary,
  request: { readonly nas: Nas; readonly session: Session; readonly step: Step; readonly now: Date },
): RawAttribute[] {
  const { nas, session, step, now } = request;
  const timestamp = { name: EVENT_TIMESTAMP, value: Math.floor(now.getTime() / 1000) };
  // A Disconnect-Request holds nothing but the session's identity (RFC 5176 section 2.1).
  const changes = step.kind === "coa" ? step.attributes : [];
  const all = [...sessionKeys(nas, session), ...changes, timestamp].map((named) => namedAttribute(dictionary, named));
  // The Request Authenticator is computed from the whole, so it cannot hide a value; nothing of ours here is hidden.
  return encodeAttributes(dictionary, all, { secret: nas.secret, authenticator: Buffer.alloc(16) });
}
