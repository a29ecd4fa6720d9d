/** What must be known of a line to tell whether playbooks may touch it. */
export interface Line {
  readonly class: string;
  readonly protections: readonly string[];
}

export interface LineProtection {
  readonly why: "protected-line" | "wholesale";
  /** In words, for the timeline. */
  readonly detail: string;
}

/** Why no playbook touches this line; undefined: it may. */
export function lineProtection(line: Line): LineProtection | undefined {
  if (line.protections.length > 0)
    return {
      why: "protected-line",
      detail: `the line is protected (${line.protections.join(", ")}): a person has to decide`,
    };
  if (line.class === "wholesale")
    return {
      why: "wholesale",
      detail: "a wholesale line carries other providers' customers: a person has to decide",
    };
  return undefined;
}
