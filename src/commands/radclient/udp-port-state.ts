import { createSocket } from "node:dgram";
import { once } from "node:events";

/** "free", or node's code for why the port cannot be bound: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
export async function udpPortState(address: string, port: number): Promise<string> {
  const socket = createSocket(address.includes(":") ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, "listening");
    return "free";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  } finally {
    socket.close();
  }
}
