import type { AttributeDefinition, Dictionary } from "../dictionary/dictionary.ts";
import type { Attribute, AttributeSecrets } from "./attribute.ts";
import { commonFormat, cutItems } from "./cut-items.ts";
import { joinFragments } from "./join-fragments.ts";
import { locateValues } from "./locate-values.ts";
import type { Located } from "./located.ts";
import type { RawAttribute } from "./packet.ts";
import { decodeSingle } from "./single-value.ts";

const MOST_DEPTH = 8;

interface Context {
  readonly dictionary: Dictionary;
  readonly secrets: AttributeSecrets;
}

const unknown = ({ oid, octets }: Located): Attribute => ({ name: `Attr-${oid}`, value: octets });

function decodeTlv(context: Context, definition: AttributeDefinition, octets: Buffer, depth: number): Attribute {
  const items = depth < MOST_DEPTH ? cutItems(octets, commonFormat) : undefined;
  if (!items) return { name: definition.name, value: octets };
  const value = items.map((item) =>
    decodeOne(context, { oid: `${definition.oid}.${item.number}`, octets: item.octets }, depth + 1),
  );
  return { name: definition.name, value };
}

function decodeOne(context: Context, located: Located, depth = 0): Attribute {
  const definition = located.isUnnamed ? undefined : context.dictionary.find(located.oid);
  if (!definition) return unknown(located);
  if (definition.type === "tlv") return decodeTlv(context, definition, located.octets, depth);
  const attribute = decodeSingle(definition, located.octets, context.secrets);
  return located.written ? { ...attribute, octets: located.written } : attribute;
}

/**
 * Attributes on the wire → attributes by name. What no dictionary names is kept as "Attr-<oid>", and what cannot be a
 * value of its type as octets: nothing that arrived is lost. Never throws.
 */
export function decodeAttributes(
  dictionary: Dictionary,
  raw: readonly RawAttribute[],
  secrets: AttributeSecrets,
): Attribute[] {
  const context = { dictionary, secrets };
  return joinFragments(dictionary, locateValues(dictionary, raw)).map((located) => decodeOne(context, located));
}
