/** Attribute name -> values. */
export type Shown = Readonly<Record<string, readonly string[]>>;

/**
 * How a session stands to what its subscriber is to have. `unknown`: the NAS fell silent in the middle of a change;
 * `pending`: it is still to be changed; `drifted`: the NAS took the change, but accounting shows that it runs another.
 */
export type ProfileStanding = "in-force" | "pending" | "drifted" | "unknown";

/** A session as the API shows it. Times are RFC 3339; `desired` and `applied` are profiles (null: unrestricted). */
export interface SessionView {
  readonly id: string;
  readonly nas: string;
  readonly acctSessionId: string;
  readonly username: string;
  readonly subscriber: string | null;
  readonly ipv4: string | null;
  readonly ipv6: readonly string[];
  readonly startedAt: string;
  readonly stoppedAt: string | null;
  readonly lastSeenAt: string;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly terminateCause: string | null;
  readonly profile: {
    readonly desired: object | null;
    readonly applied: object | null;
    readonly observed: Shown | null;
    readonly state: ProfileStanding;
  };
}

export interface Standing {
  readonly isOpen: boolean;
  readonly desiredDigest: string | null;
  /** "?": nobody knows. */
  readonly appliedDigest: string | null;
  readonly expected: Shown | null;
  readonly observed: Shown | null;
}

/**
 * Whether accounting contradicts what should be seen. Only attributes that the NAS reports can: of each such, every
 * expected value has to be there.
 */
export function isContradicted(expected: Shown | null, observed: Shown | null): boolean {
  return Object.entries(expected ?? {}).some(([name, values]) => {
    const shown = observed?.[name];
    return shown !== undefined && values.some((value) => !shown.includes(value));
  });
}

/** A session that is over follows nothing any more: it is judged by what it had. */
export function profileStanding(standing: Standing): ProfileStanding {
  if (standing.appliedDigest === "?") return "unknown";
  if (standing.isOpen && standing.desiredDigest !== standing.appliedDigest) return "pending";
  return isContradicted(standing.expected, standing.observed) ? "drifted" : "in-force";
}
