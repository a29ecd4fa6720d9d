/** How a NAS's Access-Requests are treated when they carry no Message-Authenticator (CVE-2024-3596). */
export type MessageAuthenticatorRule = "require" | "auto" | "off";

/** An attribute by its dictionary name; a value as people write it (addresses, enumeration names and numbers as text). */
export interface NamedAttribute {
  readonly name: string;
  readonly tag?: number;
  readonly value: string | number;
  /**
   * "0x" and hex: the value's octets on the wire, where name, tag and value do not say them in full. Of what arrived and
   * is put back; an operator writes none.
   */
  readonly octets?: string;
}

/** What a NAS's CoA port takes. Every field has the vendor's default where the operator gave none. */
export interface CoaSettings {
  readonly maxInFlight?: number;
  readonly ratePerSecond?: number;
  readonly messageAuthenticator?: boolean;
  /** Attribute names that identify a session in a request to this NAS, in place of the vendor's own list. */
  readonly sessionKeys?: readonly string[];
  readonly timeoutMs?: number;
  readonly retries?: number;
  /** Use another source port for each request rather than filling one port's 256 identifiers first. */
  readonly changePort?: boolean;
}

/**
 * What an operator may say in attributes of their own: the measures that change a session, and "none", the unrestricted
 * state. Suspend and terminate end it, and a Disconnect-Request holds nothing but its identity (RFC 5176 section 2.1); a
 * regenerated password holds the login.
 */
export const profileNames = ["throttle", "walled-garden", "block-ports", "restrict-smtp", "none"] as const;

/** The operator's own translation of each of `profileNames` into attributes. */
export type ProfileOverrides = Readonly<Record<string, readonly NamedAttribute[]>>;

export interface Nas {
  readonly id: string;
  readonly address: string;
  readonly secret: Buffer;
  readonly vendor: string;
  /** undefined: the vendor's own default port. */
  readonly coaPort?: number;
  readonly identifier?: string;
  readonly requireMessageAuthenticator: MessageAuthenticatorRule;
  readonly coa: CoaSettings;
  readonly profiles: ProfileOverrides;
  readonly messageAuthenticatorSeen: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
