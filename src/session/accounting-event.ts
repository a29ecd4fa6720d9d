/** What one Accounting-Request says. Times: arrival less Acct-Delay-Time (RFC 2866 section 5.2). */
export interface AccountingEvent {
  readonly nasId: string;
  readonly status: "start" | "interim" | "stop";
  readonly acctSessionId: string;
  readonly username: string;
  readonly at: Date;
  readonly receivedAt: Date;
  /** Event-Timestamp (RFC 2869 section 5.3): when it was by the NAS's own clock, in seconds. */
  readonly eventTimestamp?: number | undefined;
  /** Acct-Session-Time. With a lost Start, `at` less this is when the session began. */
  readonly sessionSeconds?: number | undefined;
  readonly ipv4?: string | undefined;
  /** The ports of `ipv4` that are the session's (session/shared-ports.ts); undefined: all. */
  readonly sharedPorts?: string | undefined;
  /** Framed-IPv6-Prefix, in "2001:db8::/56" form. */
  readonly ipv6Prefixes: readonly string[];
  /** Delegated-IPv6-Prefix. */
  readonly delegatedPrefixes?: readonly string[] | undefined;
  /** Framed-IPv6-Address, as /128. */
  readonly ipv6Addresses?: readonly string[] | undefined;
  /** With Gigawords (RFC 2869 section 5.1) added. */
  readonly inputOctets?: bigint | undefined;
  readonly outputOctets?: bigint | undefined;
  readonly interimSeconds?: number | undefined;
  readonly terminateCause?: string | undefined;
  /** Attributes that can identify the session towards its NAS (RFC 5176 section 3): dictionary name -> text. */
  readonly identity: Readonly<Record<string, string>>;
  /** Attributes that show the profile the NAS runs (Filter-Id, Class, vendors' rate and service names): name -> texts. */
  readonly observed: Readonly<Record<string, readonly string[]>>;
  /**
   * Of all but counters and times, in 64 bits (decimal text, as PostgreSQL's bigint): two records of one session with the
   * same digest show the same subscriber, line, addresses and profile.
   */
  readonly shownDigest: string;
}

/** Accounting-On or -Off: every session of that NAS that began before `at` is over. */
export interface NasRestart {
  readonly nasId: string;
  readonly kind: "on" | "off";
  readonly at: Date;
  readonly receivedAt: Date;
  /** As in AccountingEvent. */
  readonly eventTimestamp?: number | undefined;
}
