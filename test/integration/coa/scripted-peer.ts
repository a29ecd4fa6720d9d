import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { Code } from "../../../src/radius/code.ts";
import { encodeResponse } from "../../../src/radius/encode-packet.ts";
import type { Packet, RawAttribute } from "../../../src/radius/packet.ts";
import { packetIn } from "../../support/wire.ts";

export interface SeenDatagram {
  readonly octets: Buffer;
  readonly packet: Packet;
  readonly sourcePort: number;
  readonly atMs: number;
}

/** What a NAS's CoA port does with a datagram: each answer is sent back to where it came from. */
export type Script = (seen: SeenDatagram, earlier: readonly SeenDatagram[]) => readonly Buffer[];

export interface ScriptedPeer {
  readonly port: number;
  readonly seen: SeenDatagram[];
  script: Script;
  /** From its own port to any port, at its own address unless said otherwise. */
  send(octets: Buffer, port: number, to?: string): void;
  stop(): Promise<void>;
}

export const secret = Buffer.from("testing123");

/** A NAS's CoA port over real UDP, that answers as it is told. */
export async function startScriptedPeer(
  script: Script,
  { address = "127.0.0.1", port = 0 } = {},
): Promise<ScriptedPeer> {
  const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", recvBufferSize: 4_000_000 });
  socket.bind(port, address);
  await once(socket, "listening");
  const peer: ScriptedPeer = {
    port: socket.address().port,
    seen: [],
    script,
    send: (octets, to, at = address) => socket.send(octets, to, at),
    stop: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
  socket.on("message", (octets: Buffer, from: RemoteInfo) => {
    const seen = { octets, packet: packetIn(octets), sourcePort: from.port, atMs: performance.now() };
    const answers = peer.script(seen, [...peer.seen]);
    peer.seen.push(seen);
    for (const answer of answers) socket.send(answer, from.port, from.address);
  });
  return peer;
}

interface Reply {
  readonly secret?: Buffer;
  readonly attributes?: readonly RawAttribute[];
}

const isCoa = ({ code }: Packet) => code === Code.CoaRequest;

const reply = (request: Packet, code: number, { attributes = [], ...given }: Reply): Buffer =>
  encodeResponse({ code, request, attributes, secret: given.secret ?? secret, messageAuthenticator: true });

export const ack = (request: Packet, given: Reply = {}): Buffer =>
  reply(request, isCoa(request) ? Code.CoaAck : Code.DisconnectAck, given);

export const nak = (request: Packet, given: Reply = {}): Buffer =>
  reply(request, isCoa(request) ? Code.CoaNak : Code.DisconnectNak, given);

export function integerAttribute(type: number, value: number): RawAttribute {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return { type, value: octets };
}

export const errorCause = (cause: number): RawAttribute => integerAttribute(101, cause);
