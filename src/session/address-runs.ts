/**
 * A stretch of records that showed the same addresses. Only what was shown is kept here; from when to when the addresses
 * were held follows from it (`heldIntervals`), so that a late record finds its place whatever came before it.
 */
export interface AddressRun {
  readonly prefixes: readonly string[];
  /** Event times of the first and last record that showed them, in ms. The newest run's `lastSeen` is not kept up. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** The runs of one address family in one session, oldest first. */
export interface AddressRuns {
  readonly runs: readonly AddressRun[];
  /** Older runs were let go: the first one here is not the session's first, and nothing older is taken in. */
  readonly isCut: boolean;
}

export interface HeldInterval {
  readonly prefix: string;
  /** In ms, half open; undefined: still held. */
  readonly from: number;
  readonly until: number | undefined;
}

/** How many address changes back a late record is still put in its place. */
const KEPT_RUNS = 8;

export const noRuns: AddressRuns = Object.freeze({ runs: [], isCut: false });

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((prefix, index) => prefix === b[index]));

/**
 * Takes in that a record of time `at` showed `prefixes` (sorted). `newestAt`: event time of the newest record of the
 * session before this one. Returns the same object where nothing changes.
 *
 * The result does not depend on the order of arrival as long as the session had each address for one stretch; where a
 * late record contradicts earlier and later records that agree, those win.
 */
export function showAddresses(
  known: AddressRuns,
  shown: { readonly prefixes: readonly string[]; readonly at: number },
  newestAt: number,
): AddressRuns {
  const { prefixes, at } = shown;
  const newest = known.runs.at(-1);
  if (prefixes.length === 0) return known;
  if (newest === undefined) return { ...known, runs: [{ prefixes, firstSeen: at, lastSeen: at }] };
  if (at >= newest.firstSeen && isSame(newest.prefixes, prefixes)) return known;
  const runs = [...known.runs];
  // Records without addresses say nothing against the newest run, so it lasted up to the newest record.
  runs[runs.length - 1] = { ...newest, lastSeen: Math.max(newest.lastSeen, newestAt) };
  const place = runs.findLastIndex((run) => run.firstSeen <= at) + 1;
  const before = runs[place - 1];
  const after = runs[place];
  if (before === undefined && known.isCut) return known;
  if (before !== undefined && isSame(before.prefixes, prefixes)) {
    if (at <= before.lastSeen) return known;
    runs[place - 1] = { ...before, lastSeen: at };
  } else if (before !== undefined && at < before.lastSeen) return known;
  else if (after !== undefined && isSame(after.prefixes, prefixes)) runs[place] = { ...after, firstSeen: at };
  else runs.splice(place, 0, { prefixes, firstSeen: at, lastSeen: at });
  return { ...known, runs };
}

/** What is worth storing: the newest runs. */
export function keptRuns(known: AddressRuns): AddressRuns {
  return known.runs.length <= KEPT_RUNS ? known : { runs: known.runs.slice(-KEPT_RUNS), isCut: true };
}

/** The newest addresses. */
export const newestAddresses = (known: AddressRuns): readonly string[] => known.runs.at(-1)?.prefixes ?? [];

/**
 * Who held what from when to when: an address is held from the first record that shows it until the first that shows
 * another, or the end. Where the Start is lost, the first address is taken to have been there from the beginning.
 */
export function heldIntervals(
  known: AddressRuns,
  session: { readonly startedAt: number; readonly isStartKnown: boolean; readonly stoppedAt: number | undefined },
): HeldInterval[] {
  return known.runs.flatMap((run, index) => {
    const reachesBack = index === 0 && !known.isCut && !session.isStartKnown;
    const from = reachesBack ? Math.min(session.startedAt, run.firstSeen) : run.firstSeen;
    const next = known.runs[index + 1]?.firstSeen;
    const until = Math.min(next ?? Number.POSITIVE_INFINITY, session.stoppedAt ?? Number.POSITIVE_INFINITY);
    if (from >= until) return [];
    return run.prefixes.map((prefix) => ({ prefix, from, until: Number.isFinite(until) ? until : undefined }));
  });
}
