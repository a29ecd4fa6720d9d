import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import type { IdentifierPool } from "./identifier-pool.ts";

/** What one source port tells the request that uses an identifier. */
export interface ReplyHandler {
  reply(packet: Packet): void;
  /** Nobody listens there, or the host cannot be reached (ICMP), or there is no way to it at all. */
  refused(): void;
}

/**
 * One source port towards one NAS: a connected socket, so that only that address and port can be heard. What a NAS sends
 * from another of its addresses is no answer, for it could be anybody's: such a NAS has to be set to answer from the
 * address that it was asked at.
 */
export interface CoaPort {
  readonly localPort: number;
  readonly identifiers: IdentifierPool;
  expect(identifier: number, handler: ReplyHandler): void;
  forget(identifier: number): void;
  send(octets: Buffer): void;
  close(): void;
}

export interface CoaPortOptions {
  readonly address: string;
  readonly port: number;
  /** 0 or undefined: any free one. */
  readonly localPort?: number;
  readonly localAddress?: string;
  readonly identifiers: IdentifierPool;
  readonly onIgnored: (reason: "malformed" | "unknown-identifier") => void;
}

const OPEN_LIMIT_MS = 5_000;
/** What ICMP comes to; EACCES: "administratively prohibited", over IPv6. */
const refusals: ReadonlySet<string> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EACCES"]);
const isRefusal = ({ code }: NodeJS.ErrnoException): boolean => refusals.has(code ?? "");

async function bind(socket: Socket, { localPort, localAddress }: CoaPortOptions): Promise<void> {
  socket.bind({ port: localPort ?? 0, ...(localAddress && { address: localAddress }), exclusive: true });
  await once(socket, "listening", { signal: AbortSignal.timeout(OPEN_LIMIT_MS) });
}

/** Whether there is a route to the NAS. Its callback is told of a failure, which its type does not say. */
const connect = (socket: Socket, { port, address }: CoaPortOptions): Promise<boolean> =>
  new Promise((resolve) => {
    socket.connect(port, address, (...failure: readonly unknown[]) => resolve(!failure[0]));
  });

/** Opens a source port. Rejects where it cannot be had; a NAS that cannot be reached shows when it is sent to. */
export async function openCoaPort(options: CoaPortOptions): Promise<CoaPort> {
  const socket = createSocket({ type: isIPv6(options.address) ? "udp6" : "udp4" });
  try {
    await bind(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
  const handlers = new Map<number, ReplyHandler>();
  let isClosed = false;
  const failed = (error: NodeJS.ErrnoException) => {
    // An ICMP message names the port, not the request: it concerns all that are under way from here.
    if (isRefusal(error)) for (const handler of [...handlers.values()]) handler.refused();
  };
  socket.on("error", failed);
  socket.on("message", (datagram) => {
    const decoded = decodePacket(datagram);
    if (!decoded.ok) return options.onIgnored("malformed");
    const handler = handlers.get(decoded.packet.identifier);
    return handler ? handler.reply(decoded.packet) : options.onIgnored("unknown-identifier");
  });
  let isConnected = await connect(socket, options);
  let connecting: Promise<void> | undefined;
  const connectAgain = () => {
    connecting ??= connect(socket, options).then((hasRoute) => {
      isConnected = hasRoute;
      connecting = undefined;
    });
    return connecting;
  };
  const transmit = (octets: Buffer) => {
    if (isClosed) return;
    const refused = () => handlers.get(octets.readUInt8(1))?.refused();
    if (!isConnected) return refused();
    socket.send(octets, (error: NodeJS.ErrnoException | null) => {
      if (!error) return;
      if (isRefusal(error)) return failed(error);
      // It never left, whatever the reason: a firewall of our own, no buffer.
      refused();
    });
  };
  return {
    localPort: socket.address().port,
    identifiers: options.identifiers,
    expect: (identifier, handler) => void handlers.set(identifier, handler),
    forget: (identifier) => void handlers.delete(identifier),
    send: (octets) => {
      if (isConnected || isClosed) return transmit(octets);
      // There was no route: there may be one by now.
      void connectAgain().then(() => transmit(octets));
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      socket.close();
    },
  };
}
