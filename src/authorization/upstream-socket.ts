import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";

const IDENTIFIERS = 256;

export interface UpstreamSocketOptions {
  readonly host: string;
  readonly port: number;
  /** A datagram from the server; from nobody else, since the socket is connected. */
  readonly received: (identifier: number, datagram: Buffer) => void;
  /** The operating system says that the server's port or host cannot be reached (ICMP). */
  readonly unreachable: () => void;
}

/** One source port towards one upstream server, with its 256 identifiers. */
export interface UpstreamSocket {
  readonly busy: number;
  /** The identifier that was free for longest, so that a late answer finds no new owner; undefined: all are in use. */
  takeIdentifier(): number | undefined;
  giveBack(identifier: number): void;
  send(octets: Buffer): void;
  close(): void;
}

/** Resolves the host anew, and connects. Rejects when the name cannot be resolved or no port is left. */
export async function openUpstreamSocket(options: UpstreamSocketOptions): Promise<UpstreamSocket> {
  const { address, family } = await lookup(options.host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    socket.connect(options.port, address);
    await once(socket, "connect");
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on("error", options.unreachable);
  socket.on("message", (datagram) => {
    const [, identifier] = datagram;
    if (identifier !== undefined) options.received(identifier, datagram);
  });
  return withIdentifiers(socket, options.unreachable);
}

function withIdentifiers(socket: Socket, unreachable: () => void): UpstreamSocket {
  const free = Array.from({ length: IDENTIFIERS }, (_, identifier) => identifier);
  let isClosed = false;
  return {
    get busy() {
      return IDENTIFIERS - free.length;
    },
    takeIdentifier: () => free.shift(),
    giveBack: (identifier) => {
      free.push(identifier);
    },
    send: (octets) => {
      if (isClosed) return;
      socket.send(octets, (error) => {
        if (error && !isClosed) unreachable();
      });
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      socket.close();
    },
  };
}
