import type { Attribute } from "../../radius/attribute.ts";
import { ErrorCause } from "../error-cause.ts";
import { inForceOf, isGardenName } from "../in-force.ts";
import { looseManners } from "../manners.ts";
import { namedRate } from "../named-rate.ts";
import { named, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { DynamicRequest, KnownSession, LineState, Personality, Verdict } from "../personality.ts";
import { acknowledged, changed, changesIn, findSessions, refused } from "../verdicts.ts";

const PAIR = "Cisco-AVPair";
/** In accounting: "N" and the name of a service that runs. */
const SERVICE_INFO = "Cisco-Service-Info";
/** In an Access-Accept: "A" and the name of a service to start. */
const ACCOUNT_INFO = "Cisco-Account-Info";

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** "subscriber:" in a CoA and "ip:" in an Access-Accept mean the same. */
function pairOf({ name, value }: Attribute): Pair | undefined {
  const [, key, rest] = /^(?:subscriber:|ip:)?([\w-]+)=(.*)$/s.exec(String(value)) ?? [];
  return name === PAIR && key !== undefined && rest !== undefined ? { key: key.toLowerCase(), value: rest } : undefined;
}

const slotOf = (attribute: Attribute): string => `${attribute.name}:${pairOf(attribute)?.key ?? ""}`;
const isPolicy = (attribute: Attribute): boolean => /^sub-qos-policy-(?:in|out)$/.test(pairOf(attribute)?.key ?? "");
const service = (name: string): Attribute => ({ name: SERVICE_INFO, value: `N${name}` });
const servicesIn = (noted: readonly Attribute[]): string[] => textsOf(noted, SERVICE_INFO).map((text) => text.slice(1));

/** The rate that a policy map's name speaks of. */
const policyRate = (noted: readonly Attribute[], key: string): number | undefined =>
  namedRate(/(\d+)([km])$/i, noted.map(pairOf).find((pair) => pair?.key === key)?.value);

function stateOf(noted: readonly Attribute[]): LineState {
  const services = servicesIn(noted);
  const garden = services.find(isGardenName);
  const rates = { downKbps: policyRate(noted, "sub-qos-policy-out"), upKbps: policyRate(noted, "sub-qos-policy-in") };
  return { noted, inForce: inForceOf({ ...rates, garden, services }) };
}

/** One command with the name that belongs to it; undefined: there is no such command. */
function carriedOut(noted: readonly Attribute[], command: string, name: string): Attribute[] | undefined {
  const others = noted.filter((attribute) => attribute.name !== SERVICE_INFO || attribute.value !== `N${name}`);
  if (command === "activate-service") return [...others, service(name)];
  if (command === "deactivate-service") return others;
  return undefined;
}

function carryOut(sessions: readonly KnownSession[], changes: readonly Attribute[]): Verdict {
  const pairs = changes.flatMap((attribute) => pairOf(attribute) ?? []);
  const commands = pairs.filter(({ key }) => key === "command");
  const names = pairs.filter(({ key }) => key === "service-name");
  // Two commands in one packet: nothing says which name belongs to which.
  if (commands.length > 1 || names.length > 1) return refused(ErrorCause.InvalidRequest);
  const [command] = commands;
  const [name] = names;
  if (!command) return changed(sessions, (noted) => stateOf(replaceNoted(noted, changes.filter(isPolicy), slotOf)));
  if (!name) return refused(ErrorCause.MissingAttribute);
  if (!carriedOut([], command.value, name.value)) return refused(ErrorCause.UnsupportedService);
  return changed(sessions, (noted) => stateOf(carriedOut(noted, command.value, name.value) ?? noted));
}

function answer(request: DynamicRequest): Verdict {
  const found = findSessions(request, ["Acct-Session-Id"]);
  if (!found.ok) return found.verdict;
  if (request.kind === "disconnect") return acknowledged(found.sessions);
  const changes = changesIn(request);
  return changes.length === 0 ? refused(ErrorCause.MissingAttribute) : carryOut(found.sessions, changes);
}

/** Cisco IOS-XE Intelligent Services Gateway: policies and services in AV pairs, one command a packet. */
export const ciscoIosXe: Personality = {
  ...looseManners,
  name: "cisco-ios-xe",
  coaPort: 1700,
  login: (granted) => {
    const automatic = textsOf(granted, ACCOUNT_INFO).filter((text) => text.startsWith("A"));
    return stateOf([...granted.filter(isPolicy), ...automatic.map((text) => service(text.slice(1)))]);
  },
  answer,
  shown: ({ noted }) => named(noted, PAIR, SERVICE_INFO),
};
