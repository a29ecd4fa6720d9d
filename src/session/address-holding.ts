/** One session's hold on an address, half open in time. */
export interface AddressHolding {
  readonly sessionId: string;
  readonly subscriberId: string | undefined;
  /** False: that subscriber was removed since, whether or not somebody has the id again, or there never was one. */
  readonly hasSubscriber: boolean;
  readonly username: string;
  readonly nasId: string;
  /**
   * Where several sessions have one address, each with some of its ports: whether the port asked for is its own; "unsure":
   * none was asked for, or nobody knows which ports it has. Absent: it has the address alone.
   */
  readonly share?: "its-port" | "other-ports" | "unsure";
  /** What the NAS gave, of which the address asked for is a part: "100.64.0.1/32", "2001:db8::/56". */
  readonly prefix: string;
  readonly from: Date;
  /** From when it may have held it, where that is before `from`: see session/possible-start.ts. */
  readonly possiblyFrom?: Date;
  /** undefined: it holds the address still. */
  readonly until: Date | undefined;
  /**
   * Until when it is known to have held it, where that is before `until`: its records ceased, though they should have gone
   * on, and its Stop may be lost.
   */
  readonly heardUntil?: Date;
  /** The session that was given the address while this one's Stop was missing, which made `until` what it is. */
  readonly supersededBy?: string;
}
