import { once } from "node:events";
import { createServer } from "node:net";

/** "free", or node's code for why the port cannot be bound: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
export async function tcpPortState(host: string, port: number): Promise<string> {
  const server = createServer();
  try {
    server.listen({ host, port, ipv6Only: host.includes(":"), exclusive: true });
    await once(server, "listening");
    return "free";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  } finally {
    server.close();
  }
}
