/** What became of the requests, as radclient counts it. */
export interface Tally {
  accepted: number;
  rejected: number;
  lost: number;
  passedFilter: number;
  failedFilter: number;
}

export const emptyTally = (): Tally => ({ accepted: 0, rejected: 0, lost: 0, passedFilter: 0, failedFilter: 0 });

export const tallyText = (tally: Tally): string =>
  [
    "Packet summary:",
    `\tAccepted      : ${tally.accepted}`,
    `\tRejected      : ${tally.rejected}`,
    `\tLost          : ${tally.lost}`,
    `\tPassed filter : ${tally.passedFilter}`,
    `\tFailed filter : ${tally.failedFilter}`,
    "",
  ].join("\n");
