/** What one Accounting-Request says, read once at the edge. Times: arrival less Acct-Delay-Time (RFC 2866 section 5.2). */
export interface AccountingEvent {
  readonly nasId: string;
  readonly status: "start" | "interim" | "stop";
  readonly acctSessionId: string;
  readonly username: string;
  readonly at: Date;
  readonly receivedAt: Date;
  /** Acct-Session-Time. With a lost Start, `at` less this is when the session began. */
  readonly sessionSeconds?: number;
  readonly ipv4?: string;
  /** Framed-IPv6-Prefix, Delegated-IPv6-Prefix, Framed-IPv6-Address (as /128), in "2001:db8::/56" form. */
  readonly ipv6Prefixes: readonly string[];
  /** With Gigawords (RFC 2869 section 5.1) added. */
  readonly inputOctets?: bigint;
  readonly outputOctets?: bigint;
  readonly interimSeconds?: number;
  readonly terminateCause?: string;
  /** Attributes that can identify the session towards its NAS (RFC 5176 section 3): dictionary name -> text. */
  readonly identity: Readonly<Record<string, string>>;
  readonly classes: readonly Buffer[];
  /** Attributes that show the profile the NAS runs (Filter-Id, Class, vendors' rate and service names): name -> texts. */
  readonly observed: Readonly<Record<string, readonly string[]>>;
}

/** Accounting-On or -Off: every session of that NAS that began before `at` is over. */
export interface NasRestart {
  readonly nasId: string;
  readonly at: Date;
  readonly receivedAt: Date;
}
