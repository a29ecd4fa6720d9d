import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A UDP port on loopback that was free just now, for a program that has to be told its port. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
