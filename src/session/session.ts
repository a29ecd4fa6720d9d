/** A session as stored, as far as other folders need it. Ids are decimal text. */
export interface Session {
  readonly id: string;
  readonly nasId: string;
  readonly acctSessionId: string;
  readonly username: string;
  readonly subscriberId?: string;
  readonly startedAt: Date;
  readonly stoppedAt?: Date;
  readonly lastSeenAt: Date;
  readonly ipv4?: string;
  readonly ipv6: readonly string[];
  readonly inputOctets: bigint;
  readonly outputOctets: bigint;
  readonly terminateCause?: string;
  /** Attribute name -> text, see AccountingEvent.identity. */
  readonly identity: Readonly<Record<string, string>>;
  /** Attributes that the Access-Accept gave before any profile was laid over it: wire octets, one attribute after another. */
  readonly granted?: Buffer;
}
