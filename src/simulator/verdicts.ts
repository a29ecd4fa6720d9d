import type { Attribute } from "../radius/attribute.ts";
import { ErrorCause } from "./error-cause.ts";
import type { DynamicRequest, KnownSession, LineState, SessionChange, Verdict } from "./personality.ts";

export const refused = (errorCause?: number): Verdict => ({
  kind: "refused",
  changes: [],
  ...(errorCause === undefined ? {} : { errorCause }),
});

export const acknowledged = (sessions: readonly KnownSession[], changes: readonly SessionChange[] = []): Verdict => ({
  kind: "acknowledged",
  sessions,
  changes,
});

export const silent: Verdict = { kind: "silent" };

/** RFC 5176 section 3: these name the session, the others the change. */
const rfcSessionKeys: readonly string[] = [
  ...["User-Name", "NAS-Port", "Framed-IP-Address", "Called-Station-Id", "Calling-Station-Id", "Acct-Session-Id"],
  ...["Acct-Multi-Session-Id", "NAS-Port-Id", "Chargeable-User-Identity", "Framed-Interface-Id"],
  ...["Framed-IPv6-Prefix", "Delegated-IPv6-Prefix", "Framed-IPv6-Address"],
];

const nasKeys: readonly string[] = ["NAS-IP-Address", "NAS-Identifier", "NAS-IPv6-Address"];

const signing: readonly string[] = ["Message-Authenticator", "Event-Timestamp", "Proxy-State"];

/** Whether the request is meant for another NAS (RFC 5176 section 3.5, Error-Cause 403). */
export const isForAnother = ({ attributes, self }: DynamicRequest): boolean =>
  attributes.some(({ name, value }) => nasKeys.includes(name) && self.get(name) !== String(value));

/** What is neither about the session, nor the NAS, nor the packet itself: what is to change. */
export const changesIn = ({ attributes }: DynamicRequest, keys: readonly string[] = rfcSessionKeys): Attribute[] =>
  attributes.filter(({ name }) => ![...keys, ...nasKeys, ...signing].includes(name));

export const hasAny = ({ attributes }: DynamicRequest, names: readonly string[]): boolean =>
  attributes.some(({ name }) => names.includes(name));

export type Found =
  | { readonly ok: true; readonly sessions: readonly KnownSession[] }
  | { readonly ok: false; readonly verdict: Verdict };

/** The sessions of a request as RFC 5176 has it: 403 for another NAS, 402 where it names none, 503 where none fits. */
export function findSessions(request: DynamicRequest, keys: readonly string[] = rfcSessionKeys): Found {
  if (isForAnother(request)) return { ok: false, verdict: refused(ErrorCause.NasIdentificationMismatch) };
  if (!hasAny(request, keys)) return { ok: false, verdict: refused(ErrorCause.MissingAttribute) };
  const sessions = request.matching(keys);
  if (sessions.length === 0) return { ok: false, verdict: refused(ErrorCause.SessionContextNotFound) };
  return { ok: true, sessions };
}

/** The same change to every session that the request names. */
export const changeAll = (
  sessions: readonly KnownSession[],
  change: (state: LineState) => LineState,
): SessionChange[] => sessions.map((session) => ({ session, state: change(session.state) }));
