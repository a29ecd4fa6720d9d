import { createHash } from "node:crypto";
import type { Measure, PortRule } from "./measure.ts";

/**
 * The sum of a subscriber's active measures, free of any vendor. Plain data; absent means "not restricted so".
 * Precedence where one excludes the other: terminate, then suspend, then walled garden, then throttle; filters add up.
 */
export interface Profile {
  readonly isTerminated?: true;
  readonly isSuspended?: true;
  readonly isWalledGarden?: true;
  readonly throttle?: { readonly downKbps: number; readonly upKbps: number };
  readonly isSmtpRestricted?: true;
  readonly blockedPorts?: readonly PortRule[];
}

/** Nothing is restricted. */
export const unrestricted: Profile = Object.freeze({});

/** Whether a session with this profile must not exist at all. */
export const forbidsSession = (profile: Profile): boolean => Boolean(profile.isSuspended || profile.isTerminated);

/** Adds up the active measures of one subscriber. The order of `measures` does not matter. */
export function profileOf(measures: readonly Measure[]): Profile {
  const active = measures.filter((measure) => measure.state === "active");
  const profile: { -readonly [K in keyof Profile]: Profile[K] } = {};
  for (const measure of active) {
    switch (measure.kind) {
      case "terminate":
        profile.isTerminated = true;
        break;
      case "suspend":
        profile.isSuspended = true;
        break;
      case "walled-garden":
        profile.isWalledGarden = true;
        break;
      case "throttle":
        profile.throttle = { downKbps: measure.params.downKbps, upKbps: measure.params.upKbps };
        break;
      case "restrict-smtp":
        profile.isSmtpRestricted = true;
        break;
      case "block-ports":
        profile.blockedPorts = sortedRules(measure.params.rules);
        break;
      case "regenerate-password":
        // Holds the next login, not the session; what it asks of a session is decided at that login.
        if (measure.progress === "regenerated" && measure.params.answer === "walled-garden")
          profile.isWalledGarden = true;
        break;
    }
  }
  return profile;
}

const sortedRules = (rules: readonly PortRule[]): PortRule[] =>
  [...rules].sort((a, b) => canonical(a).localeCompare(canonical(b), "en"));

/** The same text for equal values, in whatever order their keys stand: PostgreSQL's jsonb has an order of its own. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}

/** A short digest that two equal profiles share; null for the unrestricted one. Compared with what sessions last took. */
export function profileDigest(profile: Profile): string | null {
  if (Object.keys(profile).length === 0) return null;
  return createHash("sha256").update(canonical(profile)).digest("hex").slice(0, 16);
}

/** What to show when nobody knows which of two profiles a NAS runs. What is undone of it is imposed.ts's to remember. */
export function profileUnion(earlier: Profile, later: Profile): Profile {
  const rules = [...(earlier.blockedPorts ?? []), ...(later.blockedPorts ?? [])];
  const distinct = [...new Map(rules.map((rule) => [canonical(rule), rule])).values()];
  return { ...earlier, ...later, ...(rules.length > 0 && { blockedPorts: sortedRules(distinct) }) };
}
