import type { Attribute } from "../../radius/attribute.ts";
import { ErrorCause } from "../error-cause.ts";
import { nothingInForce } from "../in-force.ts";
import { looseManners } from "../manners.ts";
import { named, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { DynamicRequest, KnownSession, LineState, Personality, Verdict } from "../personality.ts";
import { acknowledged, hasAny, isForAnother, refused } from "../verdicts.ts";
import { routerOsRates } from "./mikrotik.ts";

const FILTER = "Filter-Id";
const RATE = "Mikrotik-Rate-Limit";
const keys = ["Acct-Session-Id", "User-Name", "NAS-Port", "NAS-Port-Id", "Framed-IP-Address", "Calling-Station-Id"];

/** An up rate beyond this cannot be installed: the kernel refuses the policer. */
const MOST_UP_KBPS = 1_000_000;

interface Asked {
  readonly downKbps: number;
  readonly upKbps: number;
}

/** "down/up" in kbit/s, or RouterOS' form with its directions swapped. Garbage and zeros ask for nothing. */
function askedIn(attributes: readonly Attribute[]): Asked | undefined {
  const [, down, up = down] = /^(\d+)(?:\/(\d+))?$/.exec(textsOf(attributes, FILTER).at(-1) ?? "") ?? [];
  const router = routerOsRates(textsOf(attributes, RATE).at(-1) ?? "");
  const downKbps = down === undefined ? (router?.downKbps ?? 0) : Number(down);
  const upKbps = up === undefined ? (router?.upKbps ?? 0) : Number(up);
  return downKbps === 0 || upKbps === 0 ? undefined : { downKbps, upKbps };
}

const isRate = ({ name }: Attribute): boolean => name === FILTER || name === RATE;

/** What it remembers as asked for, and what the shaper got: the down rate goes in first. */
function shaped(
  state: LineState,
  changes: readonly Attribute[],
): { readonly state: LineState; readonly failed: boolean } {
  const asked = askedIn(changes);
  const before = askedIn(state.noted);
  const isSame = before?.downKbps === asked?.downKbps && before?.upKbps === asked?.upKbps;
  if (!asked || isSame) return { state, failed: false };
  const failed = asked.upKbps > MOST_UP_KBPS;
  const rates = failed ? { ...state.inForce.rates, downKbps: asked.downKbps } : asked;
  const noted = replaceNoted(
    state.noted.filter((attribute) => !isRate(attribute)),
    changes.filter(isRate),
  );
  return { state: { noted, inForce: { ...nothingInForce, rates } }, failed };
}

/** The shaper of each session is told; one that cannot be set makes a NAK of it, whatever has changed by then. */
function shapeAll(sessions: readonly KnownSession[], changes: readonly Attribute[]): Verdict {
  const results = sessions.map((session) => ({ session, ...shaped(session.state, changes) }));
  const states = results.map(({ session, state }) => ({ session, state }));
  return results.some(({ failed }) => failed) ? { kind: "refused", changes: states } : acknowledged(sessions, states);
}

function answer(request: DynamicRequest): Verdict {
  if (isForAnother(request)) return refused(ErrorCause.NasIdentificationMismatch);
  if (!hasAny(request, keys)) return refused();
  const sessions = request.matching(keys);
  if (sessions.length === 0) return refused(ErrorCause.SessionContextNotFound);
  if (request.kind === "disconnect") return acknowledged(sessions);
  const classes = named(request.attributes, "Class");
  if (classes.length === 0) return shapeAll(sessions, request.attributes);
  const states = sessions.map((session) => ({
    session,
    state: { ...session.state, noted: replaceNoted(session.state.noted, classes) },
  }));
  return acknowledged(sessions, states);
}

/**
 * accel-ppp 1.14: acknowledges what it does not know, a garbage Filter-Id, a rate of 0 and no change at all. A rate
 * that cannot be installed gets a NAK without Error-Cause though the down rate has changed already; the same request
 * again gets an ACK, and nothing changes. Class makes it ignore the rest. The Disconnect-ACK comes before the end.
 */
export const accelPpp: Personality = {
  ...looseManners,
  name: "accel-ppp",
  remembersAnswers: false,
  dropsWhileBusy: true,
  endsAfterAckMs: 150,
  login: (granted) => shaped({ noted: [], inForce: nothingInForce }, granted).state,
  answer,
  shown: ({ noted }) => noted,
};
