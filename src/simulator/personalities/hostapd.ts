import type { Attribute } from "../../radius/attribute.ts";
import { ErrorCause } from "../error-cause.ts";
import { nothingInForce } from "../in-force.ts";
import { strictManners } from "../manners.ts";
import type { DynamicRequest, Personality, Verdict } from "../personality.ts";
import { acknowledged, hasAny, isForAnother, refused } from "../verdicts.ts";

const keys = [
  "User-Name",
  "Calling-Station-Id",
  "Acct-Session-Id",
  "Acct-Multi-Session-Id",
  "Chargeable-User-Identity",
];
const allowed: ReadonlySet<string> = new Set([
  ...keys,
  ...["NAS-IP-Address", "NAS-Identifier", "NAS-IPv6-Address", "Event-Timestamp", "Message-Authenticator"],
]);
/** Wi-Fi Alliance's, for Hotspot 2.0 terms and conditions: the one thing that a CoA can be about. */
const isTerms = ({ name }: Attribute): boolean => name.startsWith("Attr-26.40808");
const isMac = (text: string): boolean => /^(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}$/i.test(text);

function sessionsOrCause(request: DynamicRequest): Verdict {
  const stranger = request.attributes.find(
    (attribute) => !allowed.has(attribute.name) && !(request.kind === "coa" && isTerms(attribute)),
  );
  if (stranger) return refused(ErrorCause.UnsupportedAttribute);
  if (isForAnother(request)) return refused(ErrorCause.NasIdentificationMismatch);
  const mac = request.attributes.find(({ name }) => name === "Calling-Station-Id");
  if (mac && !isMac(String(mac.value))) return refused(ErrorCause.InvalidAttributeValue);
  const sessions = hasAny(request, keys) ? request.matching(keys) : [];
  if (sessions.length === 0) return refused(ErrorCause.SessionContextNotFound);
  if (sessions.length > 1) return refused(ErrorCause.MultipleSessionSelectionUnsupported);
  return acknowledged(sessions);
}

/** With terms and conditions built in, a CoA must carry them; without, there is no CoA at all. */
function answerWith(hasTerms: boolean) {
  return (request: DynamicRequest): Verdict => {
    if (request.kind === "disconnect") return sessionsOrCause(request);
    if (!hasTerms) return refused(ErrorCause.UnsupportedService);
    if (request.attributes.every((attribute) => !isTerms(attribute))) {
      const verdict = sessionsOrCause(request);
      return verdict.kind === "acknowledged" ? refused(ErrorCause.MissingAttribute) : verdict;
    }
    return sessionsOrCause(request);
  };
}

/**
 * hostapd: any attribute outside its list is a 401; it names the cause of each refusal, drops what is stale or signed
 * with another secret, ends one session at a time, and does not say in the Stop why it ended.
 */
export const hostapd: Personality = {
  ...strictManners,
  name: "hostapd",
  saysWhyItEnded: false,
  login: () => ({ noted: [], inForce: nothingInForce }),
  answer: answerWith(false),
  shown: () => [],
};

/** The same, built with Hotspot 2.0: a CoA that names no terms is a 402. */
export const hostapdWithTerms: Personality = { ...hostapd, name: "hostapd-hs20", answer: answerWith(true) };
