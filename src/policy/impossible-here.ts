import type { StageMeasure } from "./playbook.ts";

/**
 * The kinds of measures that can do nothing in an installation, whatever a playbook says. Where upstream servers check
 * passwords nobody asks for the one that we regenerate.
 */
export const impossibleHere = (here: {
  readonly isUpstreamAuthenticating: boolean;
}): ReadonlySet<StageMeasure["kind"]> => new Set(here.isUpstreamAuthenticating ? ["regenerate-password"] : []);
