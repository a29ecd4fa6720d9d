import { createSocket } from "node:dgram";
import { once } from "node:events";
import { decodePacket } from "../../src/radius/decode-packet.ts";
import { encodeResponse } from "../../src/radius/encode-packet.ts";
import type { Packet, RawAttribute } from "../../src/radius/packet.ts";
import { verifyRequest } from "../../src/radius/verify-packet.ts";

export interface UpstreamAnswer {
  readonly code: number;
  readonly attributes?: readonly RawAttribute[];
  readonly messageAuthenticator?: boolean;
  /** In place of the right secret. */
  readonly secret?: Buffer;
}

export interface FakeUpstream {
  readonly port: number;
  /** Every request that came, retransmissions too, with the port it came from. */
  readonly requests: { readonly packet: Packet; readonly fromPort: number }[];
  stop(): Promise<void>;
}

/** An upstream AAA that answers as the test says; undefined is silence. Requests that are not authentic are an error. */
export async function startFakeUpstream(options: {
  readonly secret: Buffer;
  readonly port?: number;
  readonly answer: (packet: Packet, count: number) => UpstreamAnswer | undefined;
}): Promise<FakeUpstream> {
  const socket = createSocket("udp4");
  const requests: FakeUpstream["requests"] = [];
  socket.on("message", (datagram, from) => {
    const decoded = decodePacket(datagram);
    if (!decoded.ok) throw new Error(`not a packet: ${decoded.reason}`);
    const { packet } = decoded;
    const verified = verifyRequest(packet, options.secret);
    if (!verified.ok) throw new Error(`not authentic: ${verified.reason}`);
    requests.push({ packet, fromPort: from.port });
    const answer = options.answer(packet, requests.length);
    if (!answer) return;
    const octets = encodeResponse({
      code: answer.code,
      request: packet,
      attributes: answer.attributes ?? [],
      secret: answer.secret ?? options.secret,
      messageAuthenticator: answer.messageAuthenticator ?? true,
    });
    socket.send(octets, from.port, from.address);
  });
  socket.bind(options.port ?? 0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    requests,
    stop: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}
