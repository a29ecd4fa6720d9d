import type { Packet, RawAttribute } from "../radius/packet.ts";
import { isClassCookie } from "./class-cookie.ts";

const PROXY_STATE = 33;
const ACCT_DELAY_TIME = 41;
const MESSAGE_AUTHENTICATOR = 80;

/**
 * What goes on of a record, as wire octets: all of its attributes but our own Class and the NAS's Message-Authenticator. The
 * packet's authenticator is not kept: it would let whoever reads the database try out the NAS's secret.
 */
export function octetsToForward({ attributes }: Packet): Buffer {
  const kept = attributes.filter((one) => one.type !== MESSAGE_AUTHENTICATOR && !isClassCookie(one));
  return Buffer.concat(kept.flatMap(({ type, value }) => [Buffer.of(type, value.length + 2), value]));
}

function attributesIn(octets: Buffer): RawAttribute[] {
  const attributes: RawAttribute[] = [];
  for (let at = 0; at + 2 <= octets.length; ) {
    const [type = 0, length = 0] = octets.subarray(at, at + 2);
    // octetsToForward wrote none that is shorter; whatever else may stand there must not keep us here.
    if (length < 2) break;
    attributes.push({ type, value: octets.subarray(at + 2, at + length) });
    at += length;
  }
  return attributes;
}

/**
 * The record as it goes on now: Acct-Delay-Time says how long ago the event was, our Proxy-State comes last, all else is
 * kept octet for octet.
 */
export function attributesToForward(
  { attributes, receivedAt }: { readonly attributes: Buffer; readonly receivedAt: Date },
  { now, proxyState }: { readonly now: Date; readonly proxyState: Buffer },
): RawAttribute[] {
  const heldSeconds = Math.max(0, Math.floor((now.getTime() - receivedAt.getTime()) / 1_000));
  return [...withDelay(attributesIn(attributes), heldSeconds), { type: PROXY_STATE, value: proxyState }];
}

function withDelay(attributes: readonly RawAttribute[], heldSeconds: number): readonly RawAttribute[] {
  if (heldSeconds === 0) return attributes;
  const isDelay = ({ type, value }: RawAttribute) => type === ACCT_DELAY_TIME && value.length === 4;
  if (!attributes.some(isDelay)) return [...attributes, { type: ACCT_DELAY_TIME, value: seconds(heldSeconds) }];
  return attributes.map((attribute) =>
    isDelay(attribute)
      ? { type: ACCT_DELAY_TIME, value: seconds(attribute.value.readUInt32BE(0) + heldSeconds) }
      : attribute,
  );
}

function seconds(count: number): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(Math.min(count, 0xffff_ffff));
  return value;
}
