import type { Attribute } from "../radius/attribute.ts";
import { type AccountingStatus, encodeAccounting, statusAttributes } from "./accounting-request.ts";
import type { BngOptions } from "./bng-options.ts";
import { lineAttributes, sessionAttributes } from "./line-attributes.ts";
import type { LineSession } from "./line-session.ts";
import { nasAttributes } from "./nas-identity.ts";
import type { RequestPort } from "./request-port.ts";
import { ipv4Of } from "./subscriber-names.ts";

export interface Accounting {
  readonly options: BngOptions;
  readonly acct: RequestPort;
}

interface AccountingRecord {
  readonly status: AccountingStatus;
  readonly attributes: readonly Attribute[];
  /** Absent: it is about the whole BNG. */
  readonly session?: LineSession;
}

/** Sends it until it is answered or given up, and tells what came of it; resolves with whether it was answered. */
async function send(
  { status, attributes, session }: AccountingRecord,
  { options, acct }: Accounting,
): Promise<boolean> {
  const { clock, dictionary, tell } = options;
  const secret = Buffer.from(options.secret, "utf8");
  const sent = await acct.exchange((identifier) => encodeAccounting(attributes, { dictionary, secret, identifier }));
  const isAnswered = sent.kind === "answered";
  tell({
    kind: "accounting",
    at: clock.now(),
    ...(session && { line: session.line, session: session.id }),
    status,
    attributes,
    isAnswered,
    latencyMs: isAnswered ? sent.latencyMs : 0,
  });
  return isAnswered;
}

/** Accounting-On or -Off: about all sessions (RFC 2866 section 5.1). */
export async function accountBng(status: "on" | "off", accounting: Accounting): Promise<boolean> {
  const { clock, nas } = accounting.options;
  return await send(
    { status, attributes: [...statusAttributes(status, clock.now()), ...nasAttributes(nas)] },
    accounting,
  );
}

/** Who the session is, what it was granted, and what its vendor shows of the profile in force. */
function sessionRecord(session: LineSession, { nas, personality }: BngOptions): Attribute[] {
  const { id, line, state } = session;
  const shown = personality.shown(state);
  const isClassShown = shown.some(({ name }) => name === "Class");
  const ipv4 = session.identity.get("Framed-IP-Address") ?? ipv4Of(line);
  return [
    ...lineAttributes(line, nas),
    ...sessionAttributes(line, { id, ipv4 }),
    ...(isClassShown ? [] : session.classes),
    ...shown,
  ];
}

/** A Start, Interim-Update or Stop of one session; `more`: its counters, and why it ended. */
export async function accountSession(
  session: LineSession,
  { status, more = [] }: { readonly status: "start" | "interim" | "stop"; readonly more?: readonly Attribute[] },
  accounting: Accounting,
): Promise<boolean> {
  const { options } = accounting;
  const head = statusAttributes(status, options.clock.now());
  return await send(
    { status, session, attributes: [...head, ...sessionRecord(session, options), ...more] },
    accounting,
  );
}
