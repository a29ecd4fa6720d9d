import { fileURLToPath } from "node:url";
import radius from "radius";

/** [name, value], [name, tag, value], or ["Vendor-Specific", vendor's number, attributes]. */
export type TheirAttribute = readonly [
  string | number,
  ...(string | number | Date | Buffer | readonly TheirAttribute[])[],
];

/** A text, a number or its name, octets; [tag, value]; all of several of a name; those of a vendor by name. */
export type TheirValue =
  | string
  | number
  | Date
  | Buffer
  | readonly TheirValue[]
  | { readonly [name: string]: TheirValue };

interface Decoded {
  readonly code: string;
  readonly identifier: number;
  readonly attributes: { readonly [name: string]: TheirValue };
  readonly raw_attributes: readonly (readonly [number, Buffer])[];
}

interface Encoding {
  readonly code: string;
  readonly identifier?: number;
  readonly secret: string;
  readonly authenticator?: Buffer;
  readonly attributes?: readonly TheirAttribute[];
  readonly add_message_authenticator?: boolean;
}

/** The part of npm's `radius`, which ships no types, that tests compare with. */
interface SecondImplementation {
  encode(packet: Encoding): Buffer;
  /** Throws where the authenticator or the Message-Authenticator of a request is wrong. */
  decode(request: { readonly packet: Buffer; readonly secret: string }): Decoded;
  encode_response(answer: {
    readonly packet: Decoded;
    readonly code: string;
    readonly secret: string;
    readonly attributes?: readonly TheirAttribute[];
  }): Buffer;
  verify_response(pair: { readonly request: Buffer; readonly response: Buffer; readonly secret: string }): boolean;
  add_dictionary(file: string): void;
  attr_name_to_id(name: string, vendor?: number): string | undefined;
}

/** It is given these dictionaries of ours too: its own are those of RFCs. */
const vendorsOfBoth = ["mikrotik", "cisco", "wispr", "juniper-erx", "huawei"];

function load(): SecondImplementation {
  // A copy, so that more of it has a type than is declared of the module.
  const second: SecondImplementation = Object.assign(Object.create(null), radius);
  for (const vendor of vendorsOfBoth)
    second.add_dictionary(fileURLToPath(new URL(`../../../dictionaries/dictionary.${vendor}`, import.meta.url)));
  return second;
}

export const secondImplementation = load();
