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

/** An ACK, with the same change made to every session that the request names. */
export const changed = (sessions: readonly KnownSession[], change: (noted: LineState["noted"]) => LineState): Verdict =>
  acknowledged(
    sessions,
    sessions.map((session) => ({ session, state: change(session.state.noted) })),
  );

export interface StrictWays {
  /** Attributes that it can change. */
  readonly taken: ReadonlySet<string>;
  /** What the changes make of a session's state; undefined: they make no sense for it. */
  readonly changed: (state: LineState, changes: readonly Attribute[]) => LineState | undefined;
}

/** What RFC 5176 has a BNG answer that changes nothing by halves: all that is asked is taken, or it says why not. */
export function strictAnswer(request: DynamicRequest, { taken, changed }: StrictWays): Verdict {
  const found = findSessions(request);
  if (!found.ok) return found.verdict;
  const { sessions } = found;
  const changes = changesIn(request);
  if (request.kind === "disconnect")
    return changes.length > 0 ? refused(ErrorCause.UnsupportedAttribute) : acknowledged(sessions);
  if (changes.length === 0) return refused(ErrorCause.MissingAttribute);
  if (changes.some(({ name }) => !taken.has(name))) return refused(ErrorCause.UnsupportedAttribute);
  const results = sessions.flatMap((session) => {
    const state = changed(session.state, changes);
    return state ? [{ session, state }] : [];
  });
  return results.length === sessions.length ? acknowledged(sessions, results) : refused(ErrorCause.InvalidRequest);
}
