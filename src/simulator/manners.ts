import type { Manners } from "./personality.ts";

/** Equipment that takes a request as it comes, and does not sign what it says. */
export const looseManners: Manners = {
  coaPort: 3799,
  checksEventTimestamp: false,
  signsAnswers: false,
  remembersAnswers: true,
  dropsWhileBusy: false,
  endsAfterAckMs: 0,
  saysWhyItEnded: true,
  reportsChanges: false,
};

/** Equipment that keeps to RFC 5176 sections 3.3 and 3.4. */
export const strictManners: Manners = { ...looseManners, checksEventTimestamp: true, signsAnswers: true };
