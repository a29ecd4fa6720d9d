import { hash } from "node:crypto";
import type { AttributeSecrets } from "./attribute.ts";
import { RadiusError } from "./radius-error.ts";
import { decryptSalted, encryptSalted } from "./salted.ts";
import { decryptUserPassword, encryptUserPassword } from "./user-password.ts";

const MOST_PASSWORD_OCTETS = 128;
const ASCEND_OCTETS = 16;

/** `salt`: gives each hidden value of a packet another one; without it they are random. */
export interface SaltedSecrets extends AttributeSecrets {
  readonly salt?: () => Buffer;
}

/** Ascend-Send-Secret and -Receive-Secret: one block, the request authenticator before the secret. */
function ascendSecret(value: Buffer, { secret, authenticator }: AttributeSecrets): Buffer {
  const key = hash("md5", Buffer.concat([authenticator, secret]), "buffer");
  const block = Buffer.alloc(ASCEND_OCTETS);
  value.copy(block);
  return Buffer.from(block.map((octet, i) => octet ^ (key[i] as number)));
}

function withoutPadding(octets: Buffer): Buffer {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end -= 1;
  return octets.subarray(0, end);
}

/** Hides a value in the way that its dictionary entry's encrypt flag says. */
export function hideValue(encrypt: 1 | 2 | 3, value: Buffer, secrets: SaltedSecrets): Buffer {
  const most = encrypt === 1 ? MOST_PASSWORD_OCTETS : encrypt === 3 ? ASCEND_OCTETS : value.length;
  if (value.length > most)
    throw new RadiusError("value-too-long", `a password here holds ${most} octets, not ${value.length}`);
  switch (encrypt) {
    case 1:
      return encryptUserPassword(value, secrets);
    case 2:
      return encryptSalted(value, secrets, secrets.salt);
    case 3:
      return ascendSecret(value, secrets);
  }
}

/** The hidden value, or undefined where it cannot be one. Never throws. */
export function revealValue(encrypt: 1 | 2 | 3, hidden: Buffer, secrets: AttributeSecrets): Buffer | undefined {
  switch (encrypt) {
    case 1:
      return decryptUserPassword(hidden, secrets);
    case 2:
      return decryptSalted(hidden, secrets);
    case 3:
      return hidden.length === ASCEND_OCTETS ? withoutPadding(ascendSecret(hidden, secrets)) : undefined;
  }
}
