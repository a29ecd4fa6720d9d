import type { Attribute } from "../../radius/attribute.ts";
import { ErrorCause } from "../error-cause.ts";
import { inForceOf, isGardenName } from "../in-force.ts";
import { looseManners } from "../manners.ts";
import { named, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { DynamicRequest, LineState, Personality, Verdict } from "../personality.ts";
import { acknowledged, changed, changesIn, hasAny, refused } from "../verdicts.ts";

const RATE = "Mikrotik-Rate-Limit";
const LIST = "Mikrotik-Address-List";
const keys = ["Acct-Session-Id", "User-Name", "Framed-IP-Address"];
const taken: ReadonlySet<string> = new Set([RATE, LIST, "Filter-Id"]);

const units: Readonly<Record<string, number>> = { "": 0.001, k: 1, m: 1000, g: 1_000_000 };

function kilobits(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (units[unit.toLowerCase()] ?? 1);
}

/** "rx/tx burst…" from the router's side: rx is what the customer sends. One number counts for both; 0 is no limit. */
export function routerOsRates(text: string): { readonly downKbps?: number; readonly upKbps?: number } | undefined {
  const [rx = "", tx = rx] = (text.split(" ")[0] ?? "").split("/");
  const upKbps = kilobits(rx);
  const downKbps = kilobits(tx);
  if (upKbps === undefined || downKbps === undefined) return undefined;
  return { ...(downKbps > 0 && { downKbps }), ...(upKbps > 0 && { upKbps }) };
}

function stateOf(noted: readonly Attribute[]): LineState {
  const rates = routerOsRates(textsOf(noted, RATE).at(-1) ?? "");
  const filters = [...textsOf(noted, LIST), ...textsOf(noted, "Filter-Id")];
  return { noted, inForce: inForceOf({ ...rates, garden: filters.find(isGardenName), filters }) };
}

/** It leaves alone what it does not know or cannot read; an empty address list is not "none". */
const isTaken = ({ name, value }: Attribute): boolean =>
  taken.has(name) && value !== "" && (name !== RATE || routerOsRates(String(value)) !== undefined);

function answer(request: DynamicRequest): Verdict {
  // With any of the three missing, or written in another way, RouterOS does not find the session.
  const isNamed = keys.every((key) => hasAny(request, [key]));
  const sessions = isNamed ? request.matching(keys) : [];
  if (sessions.length === 0) return refused(ErrorCause.SessionContextNotFound);
  if (request.kind === "disconnect") return acknowledged(sessions);
  const changes = changesIn(request, keys).filter(isTaken);
  return changed(sessions, (noted) => stateOf(replaceNoted(noted, changes)));
}

/**
 * MikroTik RouterOS: acknowledges whatever it is sent and ignores what it does not support; an address list can be
 * replaced by another one, and never be cleared.
 */
export const mikrotik: Personality = {
  ...looseManners,
  name: "mikrotik",
  login: (granted) => stateOf(granted.filter(isTaken)),
  answer,
  shown: ({ noted }) => named(noted, RATE, LIST, "Filter-Id"),
};
