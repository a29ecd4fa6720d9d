/** A session that enforcement has to compare with what its subscriber is to have, as it was written just now. */
export interface OpenedSession {
  readonly id: string;
  readonly nasId: string;
  /** undefined: nobody knows whose it is. */
  readonly subscriberId: string | undefined;
  /** Of the profile that its Access-Accept carried; null: none. */
  readonly appliedDigest: string | null;
}
