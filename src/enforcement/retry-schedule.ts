/** Waits before each further try, in ms; after the last one it is given up, and an operator sees it. */
export type RetrySchedule = readonly number[];

export interface RetrySchedules {
  /** The NAS gave no answer, or could not be reached: about twenty minutes in all. */
  readonly silence: RetrySchedule;
  /** It said that it is short of resources (Error-Cause 505, 506). */
  readonly busy: RetrySchedule;
  /** It refused and did not say why: some equipment does so for what passes by itself. */
  readonly unexplained: RetrySchedule;
}

const seconds = (...waits: number[]): RetrySchedule => waits.map((wait) => wait * 1000);

export const retrySchedules: RetrySchedules = {
  silence: seconds(5, 10, 20, 40, 80, 160, 320, 640),
  busy: seconds(10, 30, 60, 120, 300, 600),
  unexplained: seconds(2, 10, 60),
};

/** The wait after a number of failed tries, a fifth more or less so that many sessions don't come at once; undefined: no more. */
export function retryAfter(schedule: RetrySchedule, failures: number, random: () => number): number | undefined {
  const wait = schedule[failures - 1];
  return wait === undefined ? undefined : Math.round(wait * (0.8 + 0.4 * random()));
}
