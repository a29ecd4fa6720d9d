/** The part of npm's `radius` that tests use: it ships no types. */
declare module "radius" {
  interface Decoded {
    readonly code: string;
    readonly identifier: number;
    readonly attributes: Readonly<Record<string, unknown>>;
  }
  type Pair = readonly [string, string | number];
  const radius: {
    encode(packet: { code: string; identifier: number; secret: string; attributes: readonly Pair[] }): Buffer;
    decode(request: { packet: Buffer; secret: string }): Decoded;
    encode_response(answer: { packet: Decoded; code: string; secret: string }): Buffer;
  };
  export default radius;
}
