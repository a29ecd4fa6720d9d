import type { Dictionary } from "../../dictionary/dictionary.ts";
import { formatAttribute } from "../../radius/attribute-text.ts";
import { decodeAttributes } from "../../radius/decode-attributes.ts";
import { decodePacket } from "../../radius/decode-packet.ts";
import { visibleText } from "../visible-text.ts";
import { codeName } from "./packet-type.ts";

export interface PacketToShow {
  readonly octets: Buffer;
  readonly verb: "Sent" | "Received";
  readonly from: string;
  readonly to: string;
  /** The request's: hidden attributes of the answer hang on it too. */
  readonly authenticator: Buffer;
}

interface Showing {
  readonly dictionary: Dictionary;
  readonly secret: Buffer;
  /** 0: the headline; 1: attributes too; 2: octets too. */
  readonly detail: number;
}

/** A packet as FreeRADIUS's radclient prints it. */
export function packetText({ octets, verb, from, to, authenticator }: PacketToShow, showing: Showing): string {
  const { dictionary, secret, detail } = showing;
  const [code = 0, identifier = 0] = octets;
  const headline = `${verb} ${codeName(code)} Id ${identifier} from ${from} to ${to} length ${octets.length}`;
  const decoded = decodePacket(octets);
  const attributes =
    detail > 0 && decoded.ok
      ? decodeAttributes(dictionary, decoded.packet.attributes, { secret, authenticator }).map(
          (attribute) => `\t${visibleText(formatAttribute(dictionary, attribute))}`,
        )
      : [];
  const hex = detail > 1 ? [`\t${octets.toString("hex")}`] : [];
  return `${[headline, ...hex, ...attributes].join("\n")}\n`;
}
