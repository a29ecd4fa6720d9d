/**
 * A value in the program's form: text for string, addresses ("192.0.2.1", "2001:db8::1"), prefixes ("2001:db8::/56"),
 * ifid ("0:0:0:1") and ether ("00:11:22:33:44:55"); a number for byte, short, integer, signed and date (Unix seconds);
 * a bigint for integer64; octets for everything else; a list for a TLV.
 */
export type AttributeValue = string | number | bigint | Buffer | readonly Attribute[];

/** An attribute by its dictionary name. Unknown ones are "Attr-<oid>", e.g. "Attr-250", "Attr-26.9.250". */
export interface Attribute {
  readonly name: string;
  /** RFC 2868: 1 to 31. */
  readonly tag?: number;
  readonly value: AttributeValue;
  /**
   * The value's octets on the wire, its tag and its hiding included: there where name, tag and value do not say them, or
   * cannot be written at all. They go out again as they are.
   */
  readonly octets?: Buffer;
}

/** What hidden attributes are hidden with; `authenticator` is the request's. */
export interface AttributeSecrets {
  readonly secret: Buffer;
  readonly authenticator: Buffer;
}
