import { expectedFrom } from "../enforcement/expected.ts";
import type { Imposed } from "../enforcement/imposed.ts";
import type { MeasureDetail } from "../enforcement/measure.ts";
import { forbidsSession, type Profile, profileOf } from "../enforcement/profile.ts";
import type { NamedAttribute, Nas } from "../nas/nas.ts";
import { baseTranslation, isShownByName, translate } from "./translate.ts";
import type { Rates, Translation, Unsupported } from "./vendor.ts";
import { vendorOf } from "./vendors/vendors.ts";

export type Overlay =
  | {
      readonly ok: true;
      /** These take the place of others of their slot. */
      readonly attributes: readonly NamedAttribute[];
      /** Attributes that switch services on: beside those that the Accept gives, which stay. */
      readonly services: readonly NamedAttribute[];
      readonly imposes: Imposed;
      /** What accounting will show of it: attribute name -> texts. */
      readonly expected: Readonly<Record<string, readonly string[]>>;
    }
  | ({ readonly ok: false } & Unsupported);

function overlayOf(nas: Nas, translation: Translation): Extract<Overlay, { ok: true }> {
  const vendor = vendorOf(nas.vendor);
  const { attributes, services } = translation;
  return {
    ok: true,
    attributes,
    services: vendor.services?.grant(services) ?? [],
    imposes: translation,
    expected: expectedFrom(attributes.filter((attribute) => isShownByName(vendor, attribute))),
  };
}

/** What a session gets that nothing restricts and no upstream describes: the subscriber's plan over the NAS's "none". */
export const planAttributes = (nas: Nas, subscribedRates: Rates | undefined): readonly NamedAttribute[] => {
  const { attributes, services } = overlayOf(nas, baseTranslation(nas, subscribedRates));
  return [...attributes, ...services];
};

/** What is laid over an Access-Accept for a profile, in the NAS's own attributes. */
export function overlayAttributes(nas: Nas, profile: Profile): Overlay {
  const translated = translate(nas, profile);
  return translated.ok ? overlayOf(nas, translated.translation) : translated;
}

/** Why a NAS's vendor cannot express a measure; undefined where it can. Asked before anything is written or sent. */
export function supportedMeasure(nas: Nas, detail: MeasureDetail): { readonly detail: string } | undefined {
  const common = {
    id: "",
    subscriberId: "",
    reason: "",
    orderedBy: "",
    orderedAt: new Date(0),
    state: "active" as const,
    approvals: [],
  };
  const profile = profileOf([Object.assign(common, detail)]);
  if (forbidsSession(profile)) return undefined;
  const garden = detail.kind === "regenerate-password" && detail.params.answer === "walled-garden";
  const translated = translate(nas, garden ? { isWalledGarden: true } : profile);
  return translated.ok ? undefined : { detail: translated.detail };
}

/** What a NAS of this vendor has where the operator said nothing. */
export const vendorDefaults = (
  vendor: string,
): { readonly coaPort: number; readonly sessionKeys: readonly string[] } => {
  const { coaPort, sessionKeys } = vendorOf(vendor);
  return { coaPort, sessionKeys };
};
