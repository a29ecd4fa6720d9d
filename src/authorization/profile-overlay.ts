import type { Dictionary } from "../dictionary/dictionary.ts";
import type { MeasureKind } from "../enforcement/measure.ts";
import type { Profile } from "../enforcement/profile.ts";
import type { NamedAttribute, Nas } from "../nas/nas.ts";
import { namedAttribute } from "../radius/attribute-text.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { RadiusError } from "../radius/radius-error.ts";
import type { AccessRequest } from "./access.ts";

interface Rates {
  readonly downKbps: number;
  readonly upKbps: number;
}

/** The vendors' translation of a profile into the NAS's own attributes. */
export type OverlayAttributes = (request: {
  readonly dictionary: Dictionary;
  readonly nas: Nas;
  readonly profile: Profile;
  readonly subscribedRates?: Rates;
}) =>
  | { readonly ok: true; readonly attributes: readonly NamedAttribute[] }
  | { readonly ok: false; readonly measure: MeasureKind; readonly detail: string };

export type Overlay =
  | { readonly kind: "attributes"; readonly attributes: readonly RawAttribute[] }
  /** The NAS's vendor has no way to express it, or its overrides do not fit the dictionary. */
  | { readonly kind: "unsupported"; readonly detail: string };

/** What a login on this NAS gets for a profile. */
export type ProfileOverlay = (request: AccessRequest, profile: Profile, subscribedRates?: Rates) => Overlay;

export function createProfileOverlay(dictionary: Dictionary, overlayAttributes: OverlayAttributes): ProfileOverlay {
  return ({ nas, packet }, profile, subscribedRates) => {
    const overlay = overlayAttributes({ dictionary, nas, profile, ...(subscribedRates && { subscribedRates }) });
    if (!overlay.ok) return { kind: "unsupported", detail: `${overlay.measure}: ${overlay.detail}` };
    try {
      const attributes = overlay.attributes.map((named) => namedAttribute(dictionary, named));
      const hiding = { secret: nas.secret, authenticator: packet.authenticator };
      return { kind: "attributes", attributes: encodeAttributes(dictionary, attributes, hiding) };
    } catch (error) {
      if (error instanceof RadiusError) return { kind: "unsupported", detail: error.message };
      throw error;
    }
  };
}
