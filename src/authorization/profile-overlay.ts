import { type Overlay as NamedOverlay, overlayAttributes, planAttributes } from "../coa/overlay.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import type { Imposed } from "../enforcement/imposed.ts";
import type { Profile } from "../enforcement/profile.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import { namedAttribute } from "../radius/attribute-text.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { RadiusError } from "../radius/radius-error.ts";
import type { AccessRequest } from "./access.ts";
import { withFreeTags } from "./free-tags.ts";

interface Rates {
  readonly downKbps: number;
  readonly upKbps: number;
}

export type Overlay =
  | {
      readonly kind: "attributes";
      /** These take the place of what the Accept gives. */
      readonly attributes: readonly RawAttribute[];
      /** These come beside it. */
      readonly services: readonly RawAttribute[];
      readonly imposes: Imposed;
      /** What accounting will show where the NAS runs it: attribute name -> values. */
      readonly expected: Readonly<Record<string, readonly string[]>>;
    }
  /** The NAS's vendor has no way to express it, or its overrides do not fit the dictionary. */
  | { readonly kind: "unsupported"; readonly detail: string };

/** Attributes for a login, encoded for its NAS. */
export interface ProfileOverlay {
  /** What a profile lays over an Accept that gives `given`. */
  ofProfile(request: AccessRequest, profile: Profile, given: readonly RawAttribute[]): Overlay;
  /** What a session gets that nothing restricts and no upstream describes; undefined: it cannot be said to this NAS. */
  ofPlan(request: AccessRequest, plan: Rates | undefined): readonly RawAttribute[] | undefined;
}

export function createProfileOverlay(dictionary: Dictionary): ProfileOverlay {
  /** Throws RadiusError. */
  const encoded = ({ nas, packet }: AccessRequest, named: readonly NamedAttribute[]): RawAttribute[] =>
    encodeAttributes(
      dictionary,
      named.map((one) => namedAttribute(dictionary, one)),
      { secret: nas.secret, authenticator: packet.authenticator },
    );
  const encodedOverlay = (
    request: AccessRequest,
    overlay: Extract<NamedOverlay, { ok: true }>,
    given: readonly RawAttribute[],
  ): Overlay => ({
    kind: "attributes",
    attributes: encoded(request, overlay.attributes),
    services: encoded(request, withFreeTags(dictionary, overlay.services, given)),
    imposes: overlay.imposes,
    expected: overlay.expected,
  });
  return {
    ofProfile: (request, profile, given) => {
      const overlay = overlayAttributes(request.nas, profile);
      if (!overlay.ok) return { kind: "unsupported", detail: `${overlay.measure}: ${overlay.detail}` };
      try {
        return encodedOverlay(request, overlay, given);
      } catch (error) {
        if (error instanceof RadiusError) return { kind: "unsupported", detail: error.message };
        throw error;
      }
    },
    ofPlan: (request, plan) => {
      try {
        return encoded(request, planAttributes(request.nas, plan));
      } catch (error) {
        if (error instanceof RadiusError) return undefined;
        throw error;
      }
    },
  };
}
