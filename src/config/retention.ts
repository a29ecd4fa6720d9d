/** For how many days is kept what is over. 0: for ever. */
export interface Retention {
  /** Sessions that ended, what their logins were granted, and who held which address when. */
  readonly sessionDays: number;
  /** Closed cases with all that belongs to them, measures that ended, what was sent for them, reports, the audit. */
  readonly caseDays: number;
}

/**
 * Playbooks act upon evidence that is two weeks old at most, and not upon what is from before the customer was last let out:
 * for so long they have to know who held an address, and what was lifted.
 */
export const LEAST_RETENTION_DAYS = 14;
