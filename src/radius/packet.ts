/** One attribute as it stands on the wire: type octet and value octets, without the two octets of header. */
export interface RawAttribute {
  readonly type: number;
  readonly value: Buffer;
}

/** A decoded RADIUS packet (RFC 2865 section 3). `octets` are exactly Length octets: padding is cut off. */
export interface Packet {
  readonly code: number;
  readonly identifier: number;
  readonly authenticator: Buffer;
  readonly attributes: readonly RawAttribute[];
  readonly octets: Buffer;
}
