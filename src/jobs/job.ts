/** Counts of what a run found and did, by name. */
export type Findings = Readonly<Record<string, number>>;

export interface JobContext {
  readonly now: Date;
  /** Aborted when the run takes too long or the process stops: end at the next good place. */
  readonly signal: AbortSignal;
}

/** Something that has to be done again and again. Doing it twice, or late, does no harm: it looks at what is, not at what was missed. */
export interface Job {
  readonly name: string;
  /** Cron, UTC; six fields start with the second. */
  readonly schedule: string;
  readonly limitMs: number;
  readonly run: (context: JobContext) => Promise<Findings>;
}
