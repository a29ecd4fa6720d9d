import type { Attribute } from "../../radius/attribute.ts";
import { ErrorCause } from "../error-cause.ts";
import { type InForce, isGardenName } from "../in-force.ts";
import { named, numberIn, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { DynamicRequest, LineState, Personality, Verdict } from "../personality.ts";
import { acknowledged, changeAll, changesIn, findSessions, refused } from "../verdicts.ts";

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
export function wisprRates(noted: readonly Attribute[]): Pick<InForce, "rates"> {
  const downKbps = kilobits(numberIn(noted, "WISPr-Bandwidth-Max-Down"));
  const upKbps = kilobits(numberIn(noted, "WISPr-Bandwidth-Max-Up"));
  if (downKbps === undefined && upKbps === undefined) return {};
  return { rates: { ...(downKbps !== undefined && { downKbps }), ...(upKbps !== undefined && { upKbps }) } };
}

/** A state in which what was noted is what is done. */
function plainState(noted: readonly Attribute[]): LineState {
  const filters = textsOf(noted, "Filter-Id").filter((name) => name !== "");
  const garden = filters.find(isGardenName);
  const rules = textsOf(noted, "NAS-Filter-Rule").filter((rule) => !PERMIT_ALL.test(rule));
  return {
    noted,
    inForce: { ...wisprRates(noted), ...(garden === undefined ? {} : { garden }), filters, rules, services: [] },
  };
}

function answer(request: DynamicRequest): Verdict {
  const found = findSessions(request);
  if (!found.ok) return found.verdict;
  const changes = changesIn(request);
  if (request.kind === "disconnect")
    return changes.length > 0 ? refused(ErrorCause.UnsupportedAttribute) : acknowledged(found.sessions);
  if (changes.length === 0) return refused(ErrorCause.MissingAttribute);
  if (changes.some(({ name }) => !taken.has(name))) return refused(ErrorCause.UnsupportedAttribute);
  return acknowledged(
    found.sessions,
    changeAll(found.sessions, ({ noted }) => plainState(replaceNoted(noted, changes))),
  );
}

/** A BNG that does what the RFCs say: each attribute replaces the one of its name, and what it does not know it refuses. */
export const generic: Personality = {
  name: "generic",
  coaPort: 3799,
  checksEventTimestamp: true,
  signsAnswers: true,
  remembersAnswers: true,
  dropsWhileBusy: false,
  endsAfterAckMs: 0,
  saysWhyItEnded: true,
  reportsChanges: false,
  login: (granted) => plainState(granted.filter(({ name }) => taken.has(name) && name !== "Class")),
  answer,
  shown: ({ noted }) => named(noted, ...shownNames, "Class"),
};
