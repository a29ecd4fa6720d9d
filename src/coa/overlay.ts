import type { MeasureDetail } from "../enforcement/measure.ts";
import { forbidsSession, type Profile, profileOf } from "../enforcement/profile.ts";
import type { NamedAttribute, Nas } from "../nas/nas.ts";
import { baseTranslation, translate } from "./translate.ts";
import type { Rates, Translation, Unsupported } from "./vendor.ts";
import { vendorOf } from "./vendors/vendors.ts";

export type Overlay =
  | { readonly ok: true; readonly attributes: readonly NamedAttribute[] }
  | ({ readonly ok: false } & Unsupported);

const granted = (nas: Nas, { attributes, services }: Translation): readonly NamedAttribute[] => [
  ...attributes,
  ...(vendorOf(nas.vendor).services?.grant(services) ?? []),
];

/**
 * What is laid over an Access-Accept for a profile, in the NAS's own attributes. With `subscribedRates`, an
 * unrestricted profile gives the subscriber's plan over the NAS's "none": for logins that no upstream answers.
 */
export function overlayAttributes(request: {
  readonly nas: Nas;
  readonly profile: Profile;
  readonly subscribedRates?: Rates;
}): Overlay {
  const { nas, profile, subscribedRates } = request;
  const translated = translate(nas, profile);
  if (!translated.ok) return translated;
  const isUnrestricted = Object.keys(profile).length === 0;
  const base = isUnrestricted && subscribedRates ? granted(nas, baseTranslation(nas, subscribedRates)) : [];
  return { ok: true, attributes: [...base, ...granted(nas, translated.translation)] };
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
