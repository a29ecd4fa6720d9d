import type { Dictionary } from "../dictionary/dictionary.ts";
import { expectedFrom } from "../enforcement/expected.ts";
import type { MeasureKind } from "../enforcement/measure.ts";
import { type Profile, unrestricted } from "../enforcement/profile.ts";
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

/** The vendors' translation of a profile into the NAS's own attributes; with rates, of a plan for who is unrestricted. */
export type OverlayAttributes = (request: {
  readonly nas: Nas;
  readonly profile: Profile;
  readonly subscribedRates?: Rates;
}) =>
  | { readonly ok: true; readonly attributes: readonly NamedAttribute[] }
  | { readonly ok: false; readonly measure: MeasureKind; readonly detail: string };

export type Overlay =
  | {
      readonly kind: "attributes";
      readonly attributes: readonly RawAttribute[];
      /** What accounting will show where the NAS runs it: attribute name -> values. */
      readonly expected: Readonly<Record<string, readonly string[]>>;
    }
  /** The NAS's vendor has no way to express it, or its overrides do not fit the dictionary. */
  | { readonly kind: "unsupported"; readonly detail: string };

/** Attributes for a login, encoded for its NAS. */
export interface ProfileOverlay {
  /** What a profile lays over an Accept. */
  ofProfile(request: AccessRequest, profile: Profile): Overlay;
  /** What a session gets that nothing restricts and no upstream describes: the plan, over the NAS's own "none". */
  ofPlan(request: AccessRequest, plan: Rates | undefined): Overlay;
}

export function createProfileOverlay(dictionary: Dictionary, overlayAttributes: OverlayAttributes): ProfileOverlay {
  const encoded = ({ nas, packet }: AccessRequest, named: readonly NamedAttribute[]): Overlay => {
    if (named.length === 0) return { kind: "attributes", attributes: [], expected: {} };
    try {
      const attributes = named.map((one) => namedAttribute(dictionary, one));
      const secrets = { secret: nas.secret, authenticator: packet.authenticator };
      const expected = expectedFrom([{ kind: "coa", attributes: named }]);
      return { kind: "attributes", attributes: encodeAttributes(dictionary, attributes, secrets), expected };
    } catch (error) {
      if (error instanceof RadiusError) return { kind: "unsupported", detail: error.message };
      throw error;
    }
  };
  const translated = (request: AccessRequest, overlay: ReturnType<OverlayAttributes>): Overlay =>
    overlay.ok
      ? encoded(request, overlay.attributes)
      : { kind: "unsupported", detail: `${overlay.measure}: ${overlay.detail}` };
  return {
    ofProfile: (request, profile) => translated(request, overlayAttributes({ nas: request.nas, profile })),
    ofPlan: (request, plan) =>
      plan
        ? translated(request, overlayAttributes({ nas: request.nas, profile: unrestricted, subscribedRates: plan }))
        : encoded(request, request.nas.profiles["none"] ?? []),
  };
}
