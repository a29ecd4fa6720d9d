import type { AttributeDefinition } from "../dictionary/dictionary.ts";
import type { Attribute, AttributeSecrets, AttributeValue } from "./attribute.ts";
import { hideValue, revealValue, type SaltedSecrets } from "./hidden-value.ts";
import { decodePlain, encodePlain, isWrittenAs } from "./plain-value.ts";
import { RadiusError } from "./radius-error.ts";

const MOST_TAG = 0x1f;

/** Integers give their highest octet to the tag (RFC 2868 section 3.1). */
const isTaggedInteger = (definition: AttributeDefinition) => definition.hasTag && definition.type === "integer";

function checkedTag(definition: AttributeDefinition, tag: number): number {
  if (definition.hasTag && Number.isInteger(tag) && tag >= 0 && tag <= MOST_TAG) return tag;
  throw new RadiusError("invalid-value", `${definition.name} takes no tag ${tag}`);
}

function withTag(definition: AttributeDefinition, octets: Buffer, tag: number | undefined): Buffer {
  if (tag !== undefined) checkedTag(definition, tag);
  const [first = 0xff] = octets;
  if (isTaggedInteger(definition)) {
    // What stands there when nobody speaks of a tag, and cannot be one, is the number's own.
    if (tag === undefined && first > MOST_TAG) return octets;
    if (first !== 0) throw new RadiusError("invalid-value", `${definition.name} holds 24 bits beside its tag`);
    return Buffer.concat([Buffer.of(tag ?? 0), octets.subarray(1)]);
  }
  // A hidden string always has its tag octet (RFC 2868 section 3.5); one in clear where a tag is wanted, and where its
  // own first octet would be taken for one.
  if (tag === undefined && definition.encrypt !== 2 && first > MOST_TAG) return octets;
  return Buffer.concat([Buffer.of(tag ?? 0), octets]);
}

function checkLength({ name, length }: AttributeDefinition, octets: Buffer): void {
  if (length !== undefined && octets.length !== length)
    throw new RadiusError("invalid-value", `${name} has ${length} octets, not ${octets.length}`);
}

/** One value with its hiding and its tag, without any header. Throws RadiusError for what does not fit. */
export function encodeSingle(definition: AttributeDefinition, attribute: Attribute, secrets: SaltedSecrets): Buffer {
  const clear = encodePlain(definition.type, attribute.value);
  checkLength(definition, clear);
  const octets = definition.encrypt === 0 ? clear : hideValue(definition.encrypt, clear, secrets);
  return definition.hasTag ? withTag(definition, octets, attribute.tag) : octets;
}

interface Untagged {
  readonly octets: Buffer;
  readonly tag?: number;
}

function withoutTag(definition: AttributeDefinition, octets: Buffer): Untagged {
  const [first] = octets;
  if (!definition.hasTag || first === undefined) return { octets };
  if (isTaggedInteger(definition)) {
    if (octets.length !== 4 || first === 0 || first > MOST_TAG) return { octets };
    return { octets: Buffer.concat([Buffer.of(0), octets.subarray(1)]), tag: first };
  }
  // A first octet above 0x1F is the value's own, except where hiding makes the tag octet compulsory.
  if (first > MOST_TAG && definition.encrypt !== 2) return { octets };
  const rest = octets.subarray(1);
  return first === 0 || first > MOST_TAG ? { octets: rest } : { octets: rest, tag: first };
}

/** A tag octet of zero before a text in clear, or a value in a longer form than it needs: read, and written so again. */
function isSaidInFull({ type, encrypt }: AttributeDefinition, before: Buffer, clear: Buffer): boolean {
  if (encrypt !== 0) return true;
  const hasZeroTag = before[0] === 0 && before.length !== clear.length && (clear[0] ?? 0xff) > MOST_TAG;
  return !hasZeroTag && isWrittenAs(type, clear);
}

/** What was hidden, to the length that it has: padding and the value's own last zeros look alike (RFC 2865 section 5.2). */
function revealed(definition: AttributeDefinition, hidden: Buffer, secrets: AttributeSecrets): Buffer | undefined {
  if (definition.encrypt === 0) return hidden;
  const clear = revealValue(definition.encrypt, hidden, secrets);
  const missing = definition.encrypt === 2 ? 0 : Math.min(definition.length ?? 0, hidden.length) - (clear?.length ?? 0);
  return clear && missing > 0 ? Buffer.concat([clear, Buffer.alloc(missing)]) : clear;
}

/** Reads one value; octets that cannot be a value of that type stay octets, so that nothing is lost. Never throws. */
export function decodeSingle(definition: AttributeDefinition, octets: Buffer, secrets: AttributeSecrets): Attribute {
  const untagged = withoutTag(definition, octets);
  const clear = revealed(definition, untagged.octets, secrets);
  const isOfLength = clear !== undefined && (definition.length ?? clear.length) === clear.length;
  const value: AttributeValue | undefined = isOfLength ? decodePlain(definition.type, clear) : undefined;
  if (clear === undefined || value === undefined) return { name: definition.name, value: octets, octets };
  const attribute =
    untagged.tag === undefined ? { name: definition.name, value } : { name: definition.name, tag: untagged.tag, value };
  return isSaidInFull(definition, octets, clear) ? attribute : { ...attribute, octets };
}
