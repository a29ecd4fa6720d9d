import type { Attribute } from "../../radius/attribute.ts";
import { ErrorCause } from "../error-cause.ts";
import { isGardenName } from "../in-force.ts";
import { named, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { DynamicRequest, LineState, Personality, Verdict } from "../personality.ts";
import { acknowledged, changeAll, changesIn, findSessions, refused } from "../verdicts.ts";

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

/** The rate that a policy map's name speaks of, as its operator made it: "weir-1000k", "gold-50m". */
function kilobits(noted: readonly Attribute[], key: string): number | undefined {
  const policy = noted.map(pairOf).find((pair) => pair?.key === key)?.value ?? "";
  const [, digits, unit] = /(\d+)([km])$/i.exec(policy) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit?.toLowerCase() === "m" ? 1000 : 1);
}

function stateOf(noted: readonly Attribute[]): LineState {
  const services = servicesIn(noted);
  const garden = services.find(isGardenName);
  const downKbps = kilobits(noted, "sub-qos-policy-out");
  const upKbps = kilobits(noted, "sub-qos-policy-in");
  const rates = { ...(downKbps !== undefined && { downKbps }), ...(upKbps !== undefined && { upKbps }) };
  const restrictions = {
    ...(Object.keys(rates).length === 0 ? {} : { rates }),
    ...(garden === undefined ? {} : { garden }),
  };
  return { noted, inForce: { ...restrictions, filters: [], rules: [], services } };
}

/** One command with the name that belongs to it; undefined: there is no such command. */
function carriedOut(noted: readonly Attribute[], command: string, name: string): Attribute[] | undefined {
  const others = noted.filter((attribute) => attribute.name !== SERVICE_INFO || attribute.value !== `N${name}`);
  if (command === "activate-service") return [...others, service(name)];
  if (command === "deactivate-service") return others;
  return undefined;
}

function answer(request: DynamicRequest): Verdict {
  const found = findSessions(request, ["Acct-Session-Id"]);
  if (!found.ok) return found.verdict;
  const { sessions } = found;
  if (request.kind === "disconnect") return acknowledged(sessions);
  const changes = changesIn(request);
  if (changes.length === 0) return refused(ErrorCause.MissingAttribute);
  const pairs = changes.flatMap((attribute) => pairOf(attribute) ?? []);
  const commands = pairs.filter(({ key }) => key === "command");
  const names = pairs.filter(({ key }) => key === "service-name");
  // Two commands in one packet: nothing says which name belongs to which.
  if (commands.length > 1 || names.length > 1) return refused(ErrorCause.InvalidRequest);
  const [command] = commands;
  if (!command) {
    const policies = changes.filter(isPolicy);
    return acknowledged(
      sessions,
      changeAll(sessions, ({ noted }) => stateOf(replaceNoted(noted, policies, slotOf))),
    );
  }
  const [name] = names;
  if (!name) return refused(ErrorCause.MissingAttribute);
  if (!carriedOut([], command.value, name.value)) return refused(ErrorCause.UnsupportedService);
  return acknowledged(
    sessions,
    changeAll(sessions, ({ noted }) => stateOf(carriedOut(noted, command.value, name.value) ?? noted)),
  );
}

/** Cisco IOS-XE Intelligent Services Gateway: policies and services in AV pairs, one command a packet. */
export const ciscoIosXe: Personality = {
  name: "cisco-ios-xe",
  coaPort: 1700,
  checksEventTimestamp: false,
  signsAnswers: false,
  remembersAnswers: true,
  dropsWhileBusy: false,
  endsAfterAckMs: 0,
  saysWhyItEnded: true,
  reportsChanges: false,
  login: (granted) => {
    const automatic = textsOf(granted, ACCOUNT_INFO).filter((text) => text.startsWith("A"));
    return stateOf([...granted.filter(isPolicy), ...automatic.map((text) => service(text.slice(1)))]);
  },
  answer,
  shown: ({ noted }) => named(noted, PAIR, SERVICE_INFO),
};
