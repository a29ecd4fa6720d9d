import type { Dictionary } from "../../dictionary/dictionary.ts";
import type { Attribute } from "../../radius/attribute.ts";
import { parseAttributeLine, plainText } from "../../radius/attribute-text.ts";
import { codeNamed } from "./packet-type.ts";
import type { WrittenAttribute, WrittenPacket } from "./read-packets.ts";

export interface Reply {
  readonly code: number;
  readonly attributes: readonly Attribute[];
}

const codeAttributes: ReadonlySet<string> = new Set(["response-packet-type", "packet-type"]);

/** The value as the dictionary prints it, so that "Framed-User" and 2 are the same. */
function wantedText(dictionary: Dictionary, { name, value }: WrittenAttribute): string {
  const quoted = `"${value.replace(/[\\"]/g, "\\$&")}"`;
  return plainText(dictionary, parseAttributeLine(dictionary, `${name} = ${quoted}`));
}

function holds(dictionary: Dictionary, wanted: WrittenAttribute, reply: Reply): boolean {
  const [name = "", tag] = wanted.name.split(":");
  const found = reply.attributes
    .filter((one) => one.name.toLowerCase() === name.toLowerCase())
    .filter((one) => tag === undefined || one.tag === Number(tag))
    .map((one) => plainText(dictionary, one));
  switch (wanted.operator) {
    case "=*":
      return found.length > 0;
    case "!*":
      return found.length === 0;
    case "=~":
      return found.some((text) => new RegExp(wanted.value).test(text));
    case "!~":
      return found.length > 0 && !found.some((text) => new RegExp(wanted.value).test(text));
    case "!=":
      return found.length > 0 && !found.includes(wantedText(dictionary, wanted));
    default:
      return found.includes(wantedText(dictionary, wanted));
  }
}

/**
 * What a filter asks of a reply and does not find, as written; empty: it passes. Response-Packet-Type stands for the
 * reply's code. Throws RadiusError or SyntaxError for a filter that has no meaning.
 */
export function missedBy(dictionary: Dictionary, filter: WrittenPacket, reply: Reply): string[] {
  return filter
    .filter((wanted) => {
      if (!codeAttributes.has(wanted.name.toLowerCase())) return !holds(dictionary, wanted, reply);
      const isIt = codeNamed(wanted.value) === reply.code;
      return wanted.operator === "!=" ? isIt : !isIt;
    })
    .map(({ text }) => text);
}
