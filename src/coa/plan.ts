import { isDeepStrictEqual } from "node:util";
import { expectedFrom } from "../enforcement/expected.ts";
import { type Imposed, nothingImposed } from "../enforcement/imposed.ts";
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

const ofSlot = (vendor: Vendor, attributes: readonly NamedAttribute[], slot: string): readonly NamedAttribute[] =>
  attributes.filter((attribute) => slotOf(vendor, attribute) === slot);

interface Restored {
  readonly back: readonly NamedAttribute[];
  /** What nothing can be put back for. */
  readonly left: ReadonlySet<string>;
}

/**
 * Replacements for what no longer applies, each slot from the first of these that has it: what the Access-Accept gave,
 * the subscriber's plan, the NAS's "none".
 */
function restored(
  vendor: Vendor,
  slots: ReadonlySet<string>,
  sources: readonly (readonly NamedAttribute[])[],
): Restored {
  const back: NamedAttribute[] = [];
  const left = new Set<string>();
  for (const slot of slots) {
    const found = sources.map((attributes) => ofSlot(vendor, attributes, slot)).find((ones) => ones.length > 0);
    if (found) back.push(...found);
    else left.add(slot);
  }
  return { back, left };
}

/** What is not in force already; of a slot that differs all, since it is replaced as a whole. */
function missing(vendor: Vendor, wanted: Translation, inForce: Imposed): Translation {
  const isMissing = (attribute: NamedAttribute) => {
    const slot = slotOf(vendor, attribute);
    return !isDeepStrictEqual(ofSlot(vendor, wanted.attributes, slot), ofSlot(vendor, inForce.attributes, slot));
  };
  return {
    attributes: wanted.attributes.filter(isMissing),
    services: wanted.services.filter((name) => !inForce.services.includes(name)),
  };
}

/** What is imposed and not wanted any more. Several of one service are as many to switch off. */
function unwanted(vendor: Vendor, imposed: Imposed, to: Translation) {
  const kept = new Set(to.attributes.map((attribute) => slotOf(vendor, attribute)));
  const slots = imposed.attributes.map((attribute) => slotOf(vendor, attribute)).filter((slot) => !kept.has(slot));
  const services = imposed.services.filter((name) => !to.services.includes(name));
  return { slots: new Set(slots), services: [...new Set(services)] };
}

/** What is to be switched off: a service that the login gave by itself is not ours to switch off. */
const ours = (names: readonly string[], given: readonly string[]) => names.filter((name) => !given.includes(name));

function change(request: PlanRequest, to: Translation, readGranted: ReadGranted): PlannedSteps {
  const { nas, session, subscribedRates, imposed, isCertain } = request;
  const vendor = vendorOf(nas.vendor);
  const stale = unwanted(vendor, imposed, to);
  const granted = session.granted ? readGranted(session.granted) : [];
  const base = baseTranslation(nas, subscribedRates);
  const { back, left } = restored(vendor, stale.slots, [granted, base.attributes]);
  // Under a garden it may stay until the garden goes: whoever is being held back further need not be cut off for it.
  if (left.size > 0 && !request.to.isWalledGarden) return disconnect(request);
  const news = missing(vendor, to, isCertain ? imposed : nothingImposed);
  const attributes = [...back, ...news.attributes];
  const off = ours(stale.services, [...grantedServices(vendor, granted), ...base.services]);
  const steps = [
    ...(vendor.services?.deactivate(off) ?? []).map(coa),
    ...(attributes.length > 0 ? [coa(attributes)] : []),
    ...(vendor.services?.activate(news.services) ?? []).map(coa),
  ];
  // What does not take a change has to log in anew for it.
  if (steps.length > 0 && !vendor.takesCoa) return disconnect(request);
  const staying = imposed.attributes.filter((attribute) => left.has(slotOf(vendor, attribute)));
  return {
    kind: "steps",
    steps,
    imposes: { attributes: [...to.attributes, ...staying], services: to.services },
    expected: expectedFrom([...back, ...to.attributes].filter((attribute) => isShownByName(vendor, attribute))),
    takesAway: back.length > 0 || stale.services.length > 0,
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
