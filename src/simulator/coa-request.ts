import type { RemoteInfo } from "node:dgram";
import type { Attribute } from "../radius/attribute.ts";
import { firstValue } from "../radius/attribute-values.ts";
import { Code } from "../radius/code.ts";
import { decodeAttributes } from "../radius/decode-attributes.ts";
import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { verifyRequest } from "../radius/verify-packet.ts";
import { requestKey } from "./answer-memory.ts";
import type { DropReason } from "./bng-event.ts";
import type { BngOptions } from "./bng-options.ts";

/** A genuine Disconnect- or CoA-Request, before anything is done about it. */
export interface CoaRequest {
  readonly packet: Packet;
  readonly from: RemoteInfo;
  /** The same for a retransmission. */
  readonly key: string;
  readonly attributes: readonly Attribute[];
  readonly asks: "coa" | "disconnect";
  /** Its Acct-Session-Id; "": it names none. */
  readonly session: string;
}

export type ReadCoaRequest =
  | { readonly ok: true; readonly request: CoaRequest }
  | { readonly ok: false; readonly reason: DropReason };

const EVENT_TIMESTAMP = 55;
/** RFC 5176 section 3.3. */
const CURRENT_WITHIN_S = 300;

function isStale(packet: Packet, { clock, personality }: BngOptions): boolean {
  const stamp = firstValue(packet, EVENT_TIMESTAMP);
  if (!personality.checksEventTimestamp || stamp?.length !== 4) return false;
  return Math.abs(stamp.readUInt32BE(0) - clock.now().getTime() / 1000) > CURRENT_WITHIN_S;
}

/** What came to the CoA port, or why it gets no answer. */
export function readCoaRequest(
  datagram: Buffer,
  from: RemoteInfo,
  { options, secret }: { readonly options: BngOptions; readonly secret: Buffer },
): ReadCoaRequest {
  const decoded = decodePacket(datagram);
  if (!decoded.ok) return { ok: false, reason: "malformed" };
  const { packet } = decoded;
  if (packet.code !== Code.CoaRequest && packet.code !== Code.DisconnectRequest)
    return { ok: false, reason: "not-a-request" };
  if (!verifyRequest(packet, secret).ok) return { ok: false, reason: "bad-authenticator" };
  if (isStale(packet, options)) return { ok: false, reason: "stale" };
  const secrets = { secret, authenticator: Buffer.alloc(16) };
  const attributes = decodeAttributes(options.dictionary, packet.attributes, secrets);
  const session = String(attributes.find(({ name }) => name === "Acct-Session-Id")?.value ?? "");
  const asks = packet.code === Code.CoaRequest ? "coa" : "disconnect";
  return { ok: true, request: { packet, from, key: requestKey(packet, from), attributes, asks, session } };
}
