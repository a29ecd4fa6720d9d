import { createSocket } from "node:dgram";
import { once } from "node:events";
import { firstValue } from "../../radius/attribute-values.ts";
import { Code } from "../../radius/code.ts";
import { decodePacket } from "../../radius/decode-packet.ts";
import { encodeResponse } from "../../radius/encode-packet.ts";
import type { Packet } from "../../radius/packet.ts";
import { verifyRequest } from "../../radius/verify-packet.ts";

export interface SinkCounts {
  readonly received: number;
  /** Of the same session again: retransmissions, or a second order. */
  readonly repeated: number;
  readonly notAuthentic: number;
  readonly distinctSessions: number;
  /** ns on the machine's monotonic clock; undefined: none came. */
  readonly firstAt?: bigint;
  readonly lastAt?: bigint;
}

export interface CoaSink {
  readonly port: number;
  counts(): SinkCounts;
  /** Forgets what came until now. */
  reset(): void;
  close(): Promise<void>;
}

export interface CoaSinkOptions {
  readonly host: string;
  readonly secret: Buffer;
  /** Told of the first request of each session since the last reset: when its datagram was taken from the socket. */
  readonly arrived: (acctSessionId: string, at: bigint) => void;
}

const ACCT_SESSION_ID = 44;
const RECEIVE_BUFFER_OCTETS = 8 * 1024 * 1024;

/** Acknowledges every authentic CoA- and Disconnect-Request, and notes when each session's came. */
export async function openCoaSink({ host, secret, arrived }: CoaSinkOptions): Promise<CoaSink> {
  const socket = createSocket("udp4");
  let seen = new Set<string>();
  let counted = { received: 0, repeated: 0, notAuthentic: 0 };
  let times: { firstAt?: bigint; lastAt?: bigint } = {};

  const note = (packet: Packet, at: bigint) => {
    times = { firstAt: times.firstAt ?? at, lastAt: at };
    const session = firstValue(packet, ACCT_SESSION_ID)?.toString("latin1") ?? "";
    if (seen.has(session)) {
      counted.repeated++;
      return;
    }
    seen.add(session);
    arrived(session, at);
  };
  socket.on("message", (datagram, from) => {
    const at = process.hrtime.bigint();
    counted.received++;
    const decoded = decodePacket(datagram);
    if (!decoded.ok || !verifyRequest(decoded.packet, secret).ok) {
      counted.notAuthentic++;
      return;
    }
    const request = decoded.packet;
    const code = request.code === Code.DisconnectRequest ? Code.DisconnectAck : Code.CoaAck;
    socket.send(
      encodeResponse({ code, request, attributes: [], secret, messageAuthenticator: true }),
      from.port,
      from.address,
    );
    note(request, at);
  });
  socket.bind(0, host);
  await once(socket, "listening");
  socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
  return {
    port: socket.address().port,
    counts: () => ({ ...counted, ...times, distinctSessions: seen.size }),
    reset: () => {
      seen = new Set();
      counted = { received: 0, repeated: 0, notAuthentic: 0 };
      times = {};
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
