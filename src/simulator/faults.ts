/** What goes wrong on the way, in percent of datagrams unless said otherwise. */
export interface Faults {
  /** Lost, in either direction. */
  readonly losePercent: number;
  /** Each datagram leaves up to so much later, so that they overtake each other. */
  readonly delayMs: number;
  /** Sent twice. */
  readonly duplicatePercent: number;
  /** CoA and Disconnect-Requests that get a NAK whatever they ask. */
  readonly refusePercent: number;
  /** In such a NAK; absent: none. */
  readonly refuseCause?: number;
  /** How long a CoA or Disconnect-Request is worked on before it is answered. */
  readonly workMs: number;
}

export const noFaults: Faults = Object.freeze({
  losePercent: 0,
  delayMs: 0,
  duplicatePercent: 0,
  refusePercent: 0,
  workMs: 0,
});
