import type { MeasureKind, PortRule } from "../enforcement/measure.ts";
import type { NamedAttribute } from "../nas/nas.ts";

export interface Rates {
  readonly downKbps: number;
  readonly upKbps: number;
}

/**
 * What a measure comes to on a NAS: attributes that hold until others replace them, and services that are switched on
 * and off by name.
 */
export interface Translation {
  readonly attributes: readonly NamedAttribute[];
  readonly services: readonly string[];
}

/** How a vendor switches services; each inner list is one packet, in order. */
export interface ServiceSwitch {
  activate(names: readonly string[]): readonly (readonly NamedAttribute[])[];
  deactivate(names: readonly string[]): readonly (readonly NamedAttribute[])[];
  /** In an Access-Accept. */
  grant(names: readonly string[]): readonly NamedAttribute[];
  /** The service that an operator's own attribute switches on; "part" of a pair that means nothing alone. */
  named(
    attribute: NamedAttribute,
  ): { readonly kind: "service"; readonly name: string } | { readonly kind: "part" } | undefined;
}

/** A vendor is data and, where it needs them, a few functions. Each file in vendors/ names the vendor's own document. */
export interface Vendor {
  readonly name: string;
  /** Where it listens for Change-of-Authorization by default. */
  readonly coaPort: number;
  /** Which attributes identify a session in a request, where the session has them. Acct-Session-Id first. */
  readonly sessionKeys: readonly string[];
  /** Whether a CoA-Request changes anything on it; a Disconnect-Request always does. */
  readonly takesCoa: boolean;
  readonly throttle?: (rates: Rates) => Translation;
  readonly walledGarden?: () => Translation;
  /** Blocked ports and restricted SMTP, already added up to one list of rules. */
  readonly filter?: (rules: readonly PortRule[]) => Translation;
  readonly services?: ServiceSwitch;
  /** What an attribute is replaced by: its name, or for a bag of "key=value" texts its name and key. */
  readonly slot?: (attribute: NamedAttribute) => string;
}

/** Attributes only. */
export const attributes = (...list: readonly NamedAttribute[]): Translation => ({ attributes: list, services: [] });

/** Services only. */
export const services = (...names: readonly string[]): Translation => ({ attributes: [], services: names });

/** Where a vendor, or an operator's overrides, cannot express something: which measure, and why. */
export interface Unsupported {
  readonly measure: MeasureKind;
  readonly detail: string;
}
