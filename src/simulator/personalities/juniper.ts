import type { Attribute } from "../../radius/attribute.ts";
import { inForceOf, isGardenName } from "../in-force.ts";
import { strictManners } from "../manners.ts";
import { namedRate } from "../named-rate.ts";
import { named, replaceNoted, textsOf } from "../noted-attributes.ts";
import type { LineState, Personality } from "../personality.ts";
import { strictAnswer } from "../verdicts.ts";

const ACTIVATE = "ERX-Service-Activate";
const DEACTIVATE = "ERX-Service-Deactivate";
const SESSION = "ERX-Service-Session";
const policies = ["ERX-Ingress-Policy-Name", "ERX-Egress-Policy-Name"];
const taken: ReadonlySet<string> = new Set([ACTIVATE, DEACTIVATE, ...policies, "Session-Timeout"]);

/** "name" or "name(parameter,parameter)". */
const serviceForm = /^([\w.-]+)(?:\(([^()]*)\))?$/;
const nameOf = (service: string): string => serviceForm.exec(service)?.[1] ?? service;
const parametersOf = (service: string): string[] => (serviceForm.exec(service)?.[2] ?? "").split(",");

/** "1024" and "1024k" are the same. */
const kilobits = (text: string | undefined): number | undefined => namedRate(/^(\d+)([km]?)$/i, text);

function stateOf(noted: readonly Attribute[]): LineState {
  const services = textsOf(noted, SESSION);
  const filters = policies.flatMap((name) => textsOf(noted, name));
  const garden = services.find((service) => isGardenName(nameOf(service)));
  const [down, up] = parametersOf(services.find((service) => kilobits(parametersOf(service)[0]) !== undefined) ?? "");
  const rates = { downKbps: kilobits(down), upKbps: kilobits(up) };
  return { noted, inForce: inForceOf({ ...rates, garden, filters, services }) };
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

/** Undefined: what is to be turned on has no name, or what is to be turned off does not run. */
function changed({ noted }: LineState, changes: readonly Attribute[]): LineState | undefined {
  const on = textsOf(changes, ACTIVATE);
  const off = textsOf(changes, DEACTIVATE);
  const isWrong = [...on, ...off].some((service) => !serviceForm.test(service));
  if (isWrong || off.some((service) => !runs(noted, service))) return undefined;
  const rest = changes.filter(({ name }) => name !== ACTIVATE && name !== DEACTIVATE);
  // From Junos 16.1R4 on, deactivations come before activations, in whatever order they stand in the packet.
  return stateOf(activate(deactivate(replaceNoted(noted, rest), off), on));
}

/**
 * Juniper MX: services that are activated with parameters and deactivated by name; a service that does not run cannot
 * be deactivated, nor one be called by something that is no name. `coa-immediate-update`: an Interim after each change.
 */
export const juniper: Personality = {
  ...strictManners,
  name: "juniper",
  reportsChanges: true,
  login: (granted) => {
    const kept = granted.filter(({ name }) => taken.has(name) && name !== ACTIVATE && name !== DEACTIVATE);
    return stateOf(activate(kept, textsOf(granted, ACTIVATE)));
  },
  answer: (request) => strictAnswer(request, { taken, changed }),
  shown: ({ noted }) => named(noted, SESSION, ...policies),
};
