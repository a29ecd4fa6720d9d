/** A value as it was found in a packet, with the number path of where it stood. */
export interface Located {
  readonly oid: string;
  readonly octets: Buffer;
  /** Said to go on in the next attribute of the same number. */
  readonly goesOn?: boolean;
  /** Where one may go on: the whole that it stands in, kept instead where it does not go on as it should. */
  readonly whole?: Located;
  /** Cut or flagged in a way that we do not write: the whole is kept where nobody knows the number. */
  readonly isOdd?: boolean;
  /** What stands on the wire, where that is more than the value's octets. */
  readonly written?: Buffer;
  /** To be kept as octets, whatever the dictionary knows of the number. */
  readonly isUnnamed?: boolean;
}
