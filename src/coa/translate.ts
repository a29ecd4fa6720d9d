import type { MeasureKind, PortRule } from "../enforcement/measure.ts";
import type { Profile } from "../enforcement/profile.ts";
import type { NamedAttribute, Nas } from "../nas/nas.ts";
import { smtpRule } from "./filter-rule.ts";
import type { Rates, Translation, Unsupported, Vendor } from "./vendor.ts";
import { vendorOf } from "./vendors/vendors.ts";

export type Translated =
  | { readonly ok: true; readonly translation: Translation }
  | ({ readonly ok: false } & Unsupported);

/** Attributes an operator wrote, with those that switch services taken for what they do. */
function operatorTranslation(vendor: Vendor, written: readonly NamedAttribute[]): Translation {
  const attributes: NamedAttribute[] = [];
  const services: string[] = [];
  for (const attribute of written) {
    const switched = vendor.services?.named(attribute);
    if (switched === undefined) attributes.push(attribute);
    else if (switched.kind === "service") services.push(switched.name);
  }
  return { attributes, services };
}

interface Part {
  readonly measure: MeasureKind;
  /** undefined: this vendor has no way. */
  readonly translation: Translation | undefined;
}

/** The operator's own translation of a measure, else the vendor's. */
function part(nas: Nas, measure: MeasureKind, byVendor: (vendor: Vendor) => Translation | undefined): Part {
  const vendor = vendorOf(nas.vendor);
  const override = nas.profiles[measure];
  return { measure, translation: override ? operatorTranslation(vendor, override) : byVendor(vendor) };
}

/** Filters are one list for the vendor, unless the operator has words of their own for one of the two measures. */
function filterParts(nas: Nas, profile: Profile): Part[] {
  const vendor = vendorOf(nas.vendor);
  const rules: PortRule[] = [];
  const parts: Part[] = [];
  const add = (measure: "restrict-smtp" | "block-ports", own: readonly PortRule[]) => {
    if (nas.profiles[measure] || !vendor.filter) parts.push(part(nas, measure, () => undefined));
    else rules.push(...own);
  };
  if (profile.isSmtpRestricted) add("restrict-smtp", [smtpRule]);
  if (profile.blockedPorts) add("block-ports", profile.blockedPorts);
  const filtered = rules.length > 0 ? vendor.filter?.(rules) : undefined;
  return filtered ? [...parts, { measure: "block-ports", translation: filtered }] : parts;
}

/** In the order of precedence: the garden takes the place of a throttle; filters are added to either. */
function partsOf(nas: Nas, profile: Profile): Part[] {
  const { throttle } = profile;
  const main: Part[] = profile.isWalledGarden
    ? [part(nas, "walled-garden", (vendor) => vendor.walledGarden?.())]
    : throttle
      ? [part(nas, "throttle", (vendor) => vendor.throttle?.(throttle))]
      : [];
  return [...main, ...filterParts(nas, profile)];
}

/** What a profile that lets a session live comes to on a NAS. Suspend and terminate are not part of it. */
export function translate(nas: Nas, profile: Profile): Translated {
  const parts = partsOf(nas, profile);
  const missing = parts.find(({ translation }) => translation === undefined);
  if (missing) {
    return {
      ok: false,
      measure: missing.measure,
      detail: `${nas.vendor} has no way to express ${missing.measure}; the NAS's profiles can name one`,
    };
  }
  const all = parts.flatMap(({ translation }) => translation ?? []);
  return {
    ok: true,
    translation: {
      attributes: all.flatMap((one) => one.attributes),
      services: [...new Set(all.flatMap((one) => one.services))],
    },
  };
}

/** What an unrestricted session gets: the subscriber's plan over the NAS's `profiles.none`. */
export function baseTranslation(nas: Nas, rates: Rates | undefined): Translation {
  const vendor = vendorOf(nas.vendor);
  const none = operatorTranslation(vendor, nas.profiles["none"] ?? []);
  const plan = rates && vendor.throttle?.(rates);
  // A plan is attributes only: a throttle that is a service is switched off again, and the plan was never touched.
  const planned = plan && plan.services.length === 0 ? plan.attributes : [];
  const slots = new Set(planned.map((attribute) => slotOf(vendor, attribute)));
  const rest = none.attributes.filter((attribute) => !slots.has(slotOf(vendor, attribute)));
  return { attributes: [...planned, ...rest], services: none.services };
}

/** Whether accounting shows an attribute just as it was set, under its name. A bag of settings is shown in other words. */
export const isShownByName = (vendor: Vendor, attribute: NamedAttribute): boolean =>
  slotOf(vendor, attribute) === attribute.name.toLowerCase();

/** What replaces what: two attributes of one slot do. */
export const slotOf = (vendor: Vendor, attribute: NamedAttribute): string =>
  vendor.slot ? vendor.slot(attribute) : attribute.name.toLowerCase();
