/** The part of npm's `radius` that tests compare with: it ships no types. */
declare module "radius" {
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

  interface Answering {
    readonly packet: Decoded;
    readonly code: string;
    readonly secret: string;
    readonly attributes?: readonly TheirAttribute[];
  }

  const radius: {
    encode(packet: Encoding): Buffer;
    /** Throws where the authenticator or the Message-Authenticator of a request is wrong. */
    decode(request: { readonly packet: Buffer; readonly secret: string }): Decoded;
    encode_response(answer: Answering): Buffer;
    verify_response(pair: { readonly request: Buffer; readonly response: Buffer; readonly secret: string }): boolean;
    add_dictionary(file: string): void;
    attr_name_to_id(name: string, vendor?: number): string | undefined;
  };
  export default radius;
}
