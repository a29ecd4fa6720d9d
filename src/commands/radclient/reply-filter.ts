import type { Dictionary } from "../../dictionary/dictionary.ts";
import type { Attribute } from "../../radius/attribute.ts";
import { parseAttributeLine, plainText } from "../../radius/attribute-text.ts";
import { failureText } from "../failure-text.ts";
import { codeNamed } from "./packet-type.ts";
import { PacketSyntaxError, type WrittenAttribute, type WrittenPacket } from "./read-packets.ts";

export interface Reply {
  readonly code: number;
  readonly attributes: readonly Attribute[];
}

const codeAttributes: ReadonlySet<string> = new Set(["response-packet-type", "packet-type"]);

/** The value as the dictionary prints it, so that "Framed-User" and 2 are the same. */
function wantedText(dictionary: Dictionary, { name, operator, text }: WrittenAttribute): string {
  const written = text.slice(text.indexOf(operator) + operator.length);
  return plainText(dictionary, parseAttributeLine(dictionary, `${name} = ${written}`));
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

const isAboutCode = ({ name }: WrittenAttribute): boolean => codeAttributes.has(name.toLowerCase());

/** Throws in words for what no reply could be compared with. */
function checkWanted(dictionary: Dictionary, wanted: WrittenAttribute): void {
  if (isAboutCode(wanted)) {
    if (codeNamed(wanted.value) === undefined) throw new Error(`"${wanted.value}" is no kind of packet`);
  } else if (wanted.operator.includes("~")) new RegExp(wanted.value);
  else if (!wanted.operator.includes("*")) wantedText(dictionary, wanted);
}

/** Throws PacketSyntaxError, with the line, for a filter that has no meaning. */
export function checkFilter(dictionary: Dictionary, filter: WrittenPacket): void {
  for (const wanted of filter) {
    try {
      checkWanted(dictionary, wanted);
    } catch (error) {
      throw new PacketSyntaxError(wanted.line, failureText(error));
    }
  }
}

/** What a checked filter asks of a reply and does not find, as written; empty: it passes. */
export function missedBy(dictionary: Dictionary, filter: WrittenPacket, reply: Reply): string[] {
  return filter
    .filter((wanted) => {
      if (!isAboutCode(wanted)) return !holds(dictionary, wanted, reply);
      const isIt = codeNamed(wanted.value) === reply.code;
      return wanted.operator === "!=" ? isIt : !isIt;
    })
    .map(({ text }) => text);
}
