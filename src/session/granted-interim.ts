const ACCT_INTERIM_INTERVAL = 85;

/**
 * How often the Access-Accept told the NAS to send Interims (Acct-Interim-Interval, RFC 2869 section 5.16), which few say
 * again in accounting. `attributes`: wire octets, one attribute after another.
 */
export function grantedInterim(attributes: Buffer): number | undefined {
  let at = 0;
  while (at + 2 <= attributes.length) {
    const length = attributes.readUInt8(at + 1);
    if (length < 2 || at + length > attributes.length) return undefined;
    const isInterval = attributes.readUInt8(at) === ACCT_INTERIM_INTERVAL && length === 6;
    if (isInterval) return Math.min(attributes.readUInt32BE(at + 2), 0x7fffffff);
    at += length;
  }
  return undefined;
}
