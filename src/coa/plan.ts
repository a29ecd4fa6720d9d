import { expectedFrom } from "../enforcement/expected.ts";
import type { Imposed } from "../enforcement/imposed.ts";
import type { Plan, PlannedSteps, PlanRequest, Step } from "../enforcement/nas-gateway.ts";
import { forbidsSession } from "../enforcement/profile.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import { baseTranslation, isShownByName, slotOf, translate } from "./translate.ts";
import type { Translation, Vendor } from "./vendor.ts";
import { vendorOf } from "./vendors/vendors.ts";

/** What the upstream's Access-Accept gave this session, as named attributes. */
export type ReadGranted = (granted: Buffer) => readonly NamedAttribute[];

const coa = (attributes: readonly NamedAttribute[]): Step => ({ kind: "coa", attributes });

/** The session ends; until its Stop says so, what is imposed on it stays. */
const disconnect = ({ imposed }: PlanRequest): PlannedSteps => ({
  kind: "steps",
  steps: [{ kind: "disconnect", attributes: [] }],
  imposes: imposed,
  expected: {},
  takesAway: false,
});

/**
 * Replacements for what no longer applies, each slot from the first of these that has it: what the Access-Accept gave,
 * the subscriber's plan, the NAS's "none". undefined: something cannot be put back.
 */
function restored(
  vendor: Vendor,
  slots: ReadonlySet<string>,
  sources: readonly (readonly NamedAttribute[])[],
): NamedAttribute[] | undefined {
  const found: NamedAttribute[] = [];
  for (const slot of slots) {
    const source = sources.find((attributes) => attributes.some((attribute) => slotOf(vendor, attribute) === slot));
    if (!source) return undefined;
    found.push(...source.filter((attribute) => slotOf(vendor, attribute) === slot));
  }
  return found;
}

/** What is imposed and not wanted any more. Several of one service are as many to switch off. */
function unwanted(vendor: Vendor, imposed: Imposed, to: Translation) {
  const kept = new Set(to.attributes.map((attribute) => slotOf(vendor, attribute)));
  const slots = imposed.attributes.map((attribute) => slotOf(vendor, attribute)).filter((slot) => !kept.has(slot));
  return { slots: new Set(slots), services: imposed.services.filter((name) => !to.services.includes(name)) };
}

function change(request: PlanRequest, to: Translation, readGranted: ReadGranted): PlannedSteps {
  const { nas, session, subscribedRates, imposed } = request;
  const vendor = vendorOf(nas.vendor);
  const stale = unwanted(vendor, imposed, to);
  const granted = session.granted ? readGranted(session.granted) : [];
  const base = baseTranslation(nas, subscribedRates);
  const back = restored(vendor, stale.slots, [granted, base.attributes]);
  if (!back) return disconnect(request);
  // A service that the login gave by itself is not ours to switch off.
  const given = new Set([...grantedServices(vendor, granted), ...base.services]);
  const attributes = [...back, ...to.attributes];
  const steps = [
    ...(vendor.services?.deactivate(stale.services.filter((name) => !given.has(name))) ?? []).map(coa),
    ...(attributes.length > 0 ? [coa(attributes)] : []),
    ...(vendor.services?.activate(to.services) ?? []).map(coa),
  ];
  // What does not take a change has to log in anew for it.
  if (steps.length > 0 && !vendor.takesCoa) return disconnect(request);
  return {
    kind: "steps",
    steps,
    imposes: to,
    expected: expectedFrom(attributes.filter((attribute) => isShownByName(vendor, attribute))),
    takesAway: stale.slots.size > 0 || stale.services.length > 0,
  };
}

const grantedServices = (vendor: Vendor, granted: readonly NamedAttribute[]): readonly string[] =>
  granted.flatMap((attribute) => {
    const switched = vendor.services?.named(attribute);
    return switched?.kind === "service" ? [switched.name] : [];
  });

/**
 * How to bring a session from what is imposed on it to a profile. Pure. No step at all means that the NAS needs to be
 * told nothing. Lifting puts back what was there before; what cannot be put back is left to a Disconnect, after which the
 * next login starts clean.
 */
export function planEnforcement(request: PlanRequest, readGranted: ReadGranted): Plan {
  const { nas, to } = request;
  if (forbidsSession(to)) return disconnect(request);
  const translated = translate(nas, to);
  if (!translated.ok) return { kind: "unsupported", measure: translated.measure, detail: translated.detail };
  return change(request, translated.translation, readGranted);
}
