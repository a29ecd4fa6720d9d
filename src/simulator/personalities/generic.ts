import type { Attribute } from "../../radius/attribute.ts";
import { inForceOf, isGardenName, type Restrictions } from "../in-force.ts";
import { strictManners } from "../manners.ts";
import { named, numberIn, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { LineState, Personality } from "../personality.ts";
import { strictAnswer } from "../verdicts.ts";

const shownNames = ["Filter-Id", "WISPr-Bandwidth-Max-Down", "WISPr-Bandwidth-Max-Up"] as const;
const taken: ReadonlySet<string> = new Set([
  ...shownNames,
  ...["NAS-Filter-Rule", "Session-Timeout", "Idle-Timeout", "Acct-Interim-Interval", "Class"],
  ...["WISPr-Bandwidth-Min-Down", "WISPr-Bandwidth-Min-Up", "WISPr-Redirection-URL", "Service-Type", "Framed-Pool"],
]);
const PERMIT_ALL = /^permit (?:in|out) ip from any to any$/;

const kilobits = (bits: number | undefined): number | undefined =>
  bits === undefined || bits === 0 ? undefined : Math.round(bits / 1000);

/** The WISPr bandwidths of a session; zero means "not limited". */
export const wisprRates = (noted: readonly Attribute[]): Pick<Restrictions, "downKbps" | "upKbps"> => ({
  downKbps: kilobits(numberIn(noted, "WISPr-Bandwidth-Max-Down")),
  upKbps: kilobits(numberIn(noted, "WISPr-Bandwidth-Max-Up")),
});

/** A state in which what was noted is what is done. */
function plainState(noted: readonly Attribute[]): LineState {
  const filters = textsOf(noted, "Filter-Id").filter((name) => name !== "");
  const garden = filters.find(isGardenName);
  const rules = textsOf(noted, "NAS-Filter-Rule").filter((rule) => !PERMIT_ALL.test(rule));
  return { noted, inForce: inForceOf({ ...wisprRates(noted), garden, filters, rules }) };
}

/** A BNG that does what the RFCs say: each attribute replaces the one of its name, and what it does not know it refuses. */
export const generic: Personality = {
  ...strictManners,
  name: "generic",
  login: (granted) => plainState(granted.filter(({ name }) => taken.has(name) && name !== "Class")),
  answer: (request) =>
    strictAnswer(request, { taken, changed: ({ noted }, changes) => plainState(replaceNoted(noted, changes)) }),
  shown: ({ noted }) => named(noted, ...shownNames, "Class"),
};
