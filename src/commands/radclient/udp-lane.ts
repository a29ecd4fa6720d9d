import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A socket towards one server, connected: it hears that server only, and that its port is closed (ICMP). */
export interface UdpLane {
  /** "127.0.0.1:53312", ours and the server's. */
  readonly local: string;
  readonly remote: string;
  send(octets: Buffer): void;
  /** What arrives goes to the newest listener only. */
  hear(listener: LaneListener): void;
  close(): void;
}

export interface LaneListener {
  readonly datagram: (octets: Buffer) => void;
  readonly refused: () => void;
}

export interface LaneTarget {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

export const hostAndPort = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

async function connected({ address, family, port }: LaneTarget): Promise<Socket> {
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    socket.connect(port, address);
    await once(socket, "connect");
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

export async function openUdpLane(target: LaneTarget): Promise<UdpLane> {
  const socket = await connected(target);
  let listener: LaneListener | undefined;
  socket.on("message", (octets) => listener?.datagram(octets));
  socket.on("error", () => listener?.refused());
  const own = socket.address();
  return {
    local: hostAndPort(own.address, own.port),
    remote: hostAndPort(target.address, target.port),
    send: (octets) => socket.send(octets, (error) => error && listener?.refused()),
    hear: (next) => {
      listener = next;
    },
    close: () => {
      listener = undefined;
      socket.close();
    },
  };
}
