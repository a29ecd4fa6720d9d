import type { AttributeDefinition } from "../dictionary/dictionary.ts";
import { hideValue, revealValue } from "../radius/hidden-value.ts";
import { decryptSalted, encryptSalted } from "../radius/salted.ts";
import type { Hiding } from "../radius/user-password.ts";

/** What is hidden with one hop's secret and request, and has to be hidden with another's. */
export interface Hop {
  readonly from: Hiding;
  readonly to: Hiding;
}

export interface HiddenValue {
  readonly encrypt: Exclude<AttributeDefinition["encrypt"], 0>;
  /** A tag octet stands before the hidden value (RFC 2868 section 3.5). */
  readonly hasTag: boolean;
}

const SALT_OCTETS = 2;

/** The hidden value for the next hop; one that cannot be read is left as it is, for the receiver can do nothing with either. */
export function rehideValue(value: Buffer, { encrypt, hasTag }: HiddenValue, { from, to }: Hop): Buffer {
  if (encrypt === 2) return rehideSalted(value, hasTag ? 1 : 0, { from, to });
  const clear = revealValue(encrypt, value, from);
  return clear ? hideValue(encrypt, clear, to) : value;
}

/** Keeps the salt: the salts of one packet differ from each other, and must go on doing so. */
function rehideSalted(value: Buffer, tagOctets: number, { from, to }: Hop): Buffer {
  const hidden = value.subarray(tagOctets);
  const clear = decryptSalted(hidden, from);
  if (!clear) return value;
  const salt = hidden.subarray(0, SALT_OCTETS);
  return Buffer.concat([value.subarray(0, tagOctets), encryptSalted(clear, to, () => salt)]);
}
