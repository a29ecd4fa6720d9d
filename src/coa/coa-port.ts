import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { createIdentifierPool, type IdentifierPool } from "./identifier-pool.ts";

/** What one source port tells the request that uses an identifier. */
export interface ReplyHandler {
  reply(packet: Packet): void;
  /** ICMP: nobody listens there, or the host cannot be reached. */
  refused(): void;
}

/** One source port towards one NAS: a connected socket, so that only that address and port can be heard. */
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
  readonly windowMs: number;
  readonly onIgnored: (reason: "malformed" | "unknown-identifier") => void;
}

const OPEN_LIMIT_MS = 5_000;
const refusals: ReadonlySet<string> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"]);

const opened = (socket: Socket, options: CoaPortOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("opening a source port took too long")), OPEN_LIMIT_MS);
    socket.once("error", reject);
    socket.bind(
      { port: options.localPort ?? 0, ...(options.localAddress && { address: options.localAddress }), exclusive: true },
      () => {
        socket.connect(options.port, options.address, () => {
          clearTimeout(timer);
          socket.removeListener("error", reject);
          resolve();
        });
      },
    );
  });

/** Opens a source port. Rejects where the port is taken or the address cannot be reached at all. */
export async function openCoaPort(options: CoaPortOptions): Promise<CoaPort> {
  const socket = createSocket({ type: isIPv6(options.address) ? "udp6" : "udp4" });
  const handlers = new Map<number, ReplyHandler>();
  try {
    await opened(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
  let isClosed = false;
  const refused = (error: NodeJS.ErrnoException) => {
    // An ICMP message names the port, not the request: it concerns all that are under way from here.
    if (refusals.has(error.code ?? "")) for (const handler of [...handlers.values()]) handler.refused();
  };
  socket.on("error", refused);
  socket.on("message", (datagram) => {
    const decoded = decodePacket(datagram);
    if (!decoded.ok) return options.onIgnored("malformed");
    const handler = handlers.get(decoded.packet.identifier);
    return handler ? handler.reply(decoded.packet) : options.onIgnored("unknown-identifier");
  });
  return {
    localPort: socket.address().port,
    identifiers: createIdentifierPool(options.windowMs),
    expect: (identifier, handler) => void handlers.set(identifier, handler),
    forget: (identifier) => void handlers.delete(identifier),
    send: (octets) => {
      if (!isClosed) socket.send(octets, (error) => error && refused(error as NodeJS.ErrnoException));
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      socket.close();
    },
  };
}
