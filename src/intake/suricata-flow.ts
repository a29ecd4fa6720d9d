import type { JsonObject } from "./read-native.ts";

/** Address and port as they came. */
export interface RawEndpoint {
  readonly ip: unknown;
  readonly port: unknown;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object in an object; empty where there is none. */
export function partOf(of: unknown, key: string): JsonObject {
  const value = isObject(of) ? of[key] : undefined;
  return isObject(value) ? value : {};
}

/** Who sent the packet, and to whom. */
export const sidesOf = (event: JsonObject): { readonly source: RawEndpoint; readonly target: RawEndpoint } => ({
  source: { ip: event["src_ip"], port: event["src_port"] },
  target: { ip: event["dest_ip"], port: event["dest_port"] },
});

/** How many packets each side sent; undefined: not told. */
export function packetsOf(event: JsonObject): { readonly opener: number; readonly other: number } | undefined {
  const flow = partOf(event, "flow");
  const [opener, other] = [flow["pkts_toserver"], flow["pkts_toclient"]];
  return typeof opener === "number" && typeof other === "number" ? { opener, other } : undefined;
}
