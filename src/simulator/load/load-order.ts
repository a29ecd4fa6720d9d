/** What one run of the load generator does. */
export interface LoadOrder {
  /** "accounting": a Start for each session, then Interim-Updates; "access": PAP with Message-Authenticator. */
  readonly kind: "accounting" | "access";
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly sessions: number;
  readonly packets: number;
  /** Requests kept outstanding. */
  readonly inFlight: number;
}

/** What came of it. Latencies run from the first sending of a request to its answer. */
export interface LoadFigures {
  readonly sent: number;
  readonly answered: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly retransmits: number;
  readonly lost: number;
  /** Answers to nothing that was asked, or with a wrong authenticator. */
  readonly bad: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
