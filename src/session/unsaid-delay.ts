/**
 * How late a record may be without saying so: a NAS that retransmits without raising Acct-Delay-Time makes its event
 * look younger than it is by as much.
 */
export const UNSAID_DELAY_MS = 120_000;
