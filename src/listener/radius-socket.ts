import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";

/** Bound by net.core.rmem_max; a burst of Interims after a NAS's outage has to fit. */
const RECEIVE_BUFFER_OCTETS = 8 * 1024 * 1024;

export interface RadiusSocketOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Lets several processes share the port; the kernel keeps each source on one of them. */
  readonly reusePort: boolean;
  readonly received: (datagram: Buffer, sender: RemoteInfo) => void;
  /** Errors after binding: they never end the socket. */
  readonly failed: (error: Error) => void;
}

export interface RadiusSocket {
  readonly port: number;
  readonly receiveBufferOctets: number;
  send(datagram: Buffer, to: RemoteInfo, sent: (error: Error | null) => void): void;
  close(): Promise<void>;
}

type LookupDone = (error: null, address: string, family: number) => void;

/** Where replies go is an address already: looking it up would cost a turn of the event loop each. */
const noLookup = (address: string, _: unknown, done: LookupDone) => done(null, address, isIPv6(address) ? 6 : 4);

function bind(socket: Socket, { host, port }: RadiusSocketOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function grantedReceiveBuffer(socket: Socket): number {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
  } catch {
    // What the kernel had set stays.
  }
  return socket.getRecvBufferSize();
}

/** Opens one socket. IPv6 ones take IPv6 only, so that "0.0.0.0" and "::" can both be bound. */
export async function openRadiusSocket(options: RadiusSocketOptions): Promise<RadiusSocket> {
  const socket = createSocket({
    ...(isIPv6(options.host) ? { type: "udp6", ipv6Only: true } : { type: "udp4" }),
    reusePort: options.reusePort,
    lookup: noLookup as never,
  });
  try {
    await bind(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on("error", options.failed);
  const receiveBufferOctets = grantedReceiveBuffer(socket);
  socket.on("message", options.received);
  return {
    port: socket.address().port,
    receiveBufferOctets,
    send: (datagram, to, sent) => {
      try {
        socket.send(datagram, to.port, to.address, sent);
      } catch (error) {
        // Closed while the request was worked on.
        sent(error as Error);
      }
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
