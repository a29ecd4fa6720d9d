import type { Attribute } from "../../radius/attribute.ts";
import { inForceOf } from "../in-force.ts";
import { looseManners } from "../manners.ts";
import { named, numberIn } from "../noted-attributes.ts";
import type { DynamicRequest, LineState, Personality, Verdict } from "../personality.ts";
import { acknowledged, changed, changesIn, hasAny, refused, silent } from "../verdicts.ts";
import { wisprRates } from "./generic.ts";

const keys = ["User-Name", "Acct-Session-Id"];
const limits = ["WISPr-Bandwidth-Max-Down", "WISPr-Bandwidth-Max-Up"];
const own = ["ChilliSpot-Bandwidth-Max-Down", "ChilliSpot-Bandwidth-Max-Up"];
const taken: readonly string[] = [...limits, ...own, "Session-Timeout", "Idle-Timeout", "Acct-Interim-Interval"];

/** Its own attributes count kbit/s and go before WISPr's, which count bit/s. */
function stateOf(noted: readonly Attribute[]): LineState {
  const wispr = wisprRates(noted);
  const downKbps = numberIn(noted, "ChilliSpot-Bandwidth-Max-Down") || wispr.downKbps;
  const upKbps = numberIn(noted, "ChilliSpot-Bandwidth-Max-Up") || wispr.upKbps;
  return { noted, inForce: inForceOf({ downKbps, upKbps }) };
}

function answer(request: DynamicRequest): Verdict {
  if (!hasAny(request, ["User-Name"])) return silent;
  const sessions = request.matching(keys);
  if (sessions.length === 0) return refused();
  if (request.kind === "disconnect") return acknowledged(sessions);
  // The whole set is written anew from this one packet: what it leaves out is no limit any more.
  const set = stateOf(named(changesIn(request), ...taken));
  return changed(sessions, () => set);
}

/**
 * coova-chilli: a CoA replaces the whole set, and is acknowledged even where that takes a limit away. Without User-Name
 * there is no answer at all; a NAK never has an Error-Cause.
 */
export const coovaChilli: Personality = {
  ...looseManners,
  name: "coova-chilli",
  login: (granted) => stateOf(named(granted, ...taken)),
  answer,
  shown: ({ noted }) => named(noted, ...limits, ...own),
};
