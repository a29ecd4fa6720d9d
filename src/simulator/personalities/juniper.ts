import type { Attribute } from "../../radius/attribute.ts";
import { ErrorCause } from "../error-cause.ts";
import { isGardenName } from "../in-force.ts";
import { named, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { DynamicRequest, LineState, Personality, Verdict } from "../personality.ts";
import { acknowledged, changeAll, changesIn, findSessions, refused } from "../verdicts.ts";

const ACTIVATE = "ERX-Service-Activate";
const DEACTIVATE = "ERX-Service-Deactivate";
const SESSION = "ERX-Service-Session";
const policies = ["ERX-Ingress-Policy-Name", "ERX-Egress-Policy-Name"];
const taken: ReadonlySet<string> = new Set([ACTIVATE, DEACTIVATE, ...policies, "Session-Timeout"]);

/** "name" or "name(parameter,parameter)". */
const serviceForm = /^([\w.-]+)(?:\(([^()]*)\))?$/;
const nameOf = (service: string): string => serviceForm.exec(service)?.[1] ?? service;
const parametersOf = (service: string): string[] => (serviceForm.exec(service)?.[2] ?? "").split(",");

const kilobits = (text: string | undefined): number | undefined => {
  const [, digits, unit] = /^(\d+)([km]?)$/i.exec(text ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit?.toLowerCase() === "m" ? 1000 : 1);
};

function stateOf(noted: readonly Attribute[]): LineState {
  const services = textsOf(noted, SESSION);
  const filters = policies.flatMap((name) => textsOf(noted, name));
  const garden = services.find((service) => isGardenName(nameOf(service)));
  const [down, up] = parametersOf(services.find((service) => kilobits(parametersOf(service)[0]) !== undefined) ?? "");
  const downKbps = kilobits(down);
  const upKbps = kilobits(up);
  const rates = { ...(downKbps !== undefined && { downKbps }), ...(upKbps !== undefined && { upKbps }) };
  const restrictions = {
    ...(garden === undefined ? {} : { garden }),
    ...(Object.keys(rates).length === 0 ? {} : { rates }),
  };
  return { noted, inForce: { ...restrictions, filters, rules: [], services } };
}

/** The same service with other parameters takes the place of the one that runs. */
function activate(noted: readonly Attribute[], services: readonly string[]): Attribute[] {
  const names = new Set(services.map(nameOf));
  const others = noted.filter(({ name, value }) => name !== SESSION || !names.has(nameOf(String(value))));
  return [...others, ...services.map((value) => ({ name: SESSION, value }))];
}

const runs = (noted: readonly Attribute[], service: string): boolean =>
  textsOf(noted, SESSION).some((running) => running === service || nameOf(running) === service);

const deactivate = (noted: readonly Attribute[], services: readonly string[]): Attribute[] =>
  noted.filter(
    ({ name, value }) =>
      name !== SESSION || !services.some((off) => [String(value), nameOf(String(value))].includes(off)),
  );

function answer(request: DynamicRequest): Verdict {
  const found = findSessions(request);
  if (!found.ok) return found.verdict;
  const changes = changesIn(request);
  if (request.kind === "disconnect")
    return changes.length > 0 ? refused(ErrorCause.UnsupportedAttribute) : acknowledged(found.sessions);
  if (changes.length === 0) return refused(ErrorCause.MissingAttribute);
  if (changes.some(({ name }) => !taken.has(name))) return refused(ErrorCause.UnsupportedAttribute);
  const on = textsOf(changes, ACTIVATE);
  const off = textsOf(changes, DEACTIVATE);
  const isWrong = [...on, ...off].some((service) => !serviceForm.test(service));
  const isIdle = found.sessions.some(({ state }) => off.some((service) => !runs(state.noted, service)));
  if (isWrong || isIdle) return refused(ErrorCause.InvalidRequest);
  const rest = changes.filter(({ name }) => name !== ACTIVATE && name !== DEACTIVATE);
  return acknowledged(
    found.sessions,
    // From Junos 16.1R4 on, deactivations come before activations, in whatever order they stand in the packet.
    changeAll(found.sessions, ({ noted }) => stateOf(activate(deactivate(replaceNoted(noted, rest), off), on))),
  );
}

/**
 * Juniper MX: services that are activated with parameters and deactivated by name; a service that does not run cannot
 * be deactivated, nor one be called by something that is no name. `coa-immediate-update`: an Interim after each change.
 */
export const juniper: Personality = {
  name: "juniper",
  coaPort: 3799,
  checksEventTimestamp: true,
  signsAnswers: true,
  remembersAnswers: true,
  dropsWhileBusy: false,
  endsAfterAckMs: 0,
  saysWhyItEnded: true,
  reportsChanges: true,
  login: (granted) => {
    const kept = granted.filter(({ name }) => taken.has(name) && name !== ACTIVATE && name !== DEACTIVATE);
    return stateOf(activate(kept, textsOf(granted, ACTIVATE)));
  },
  answer,
  shown: ({ noted }) => named(noted, SESSION, ...policies),
};
