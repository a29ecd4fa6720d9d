import { createSocket } from "node:dgram";
import { once } from "node:events";

async function bindable(port: number, address: string): Promise<number | undefined> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    socket.bind({ port, address, exclusive: true });
    await once(socket, "listening");
    return socket.address().port;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** A UDP port that was free just now: the wanted one where that can be had, else any. */
export async function freeUdpPort(wanted: number, address: string): Promise<number> {
  const port = (await bindable(wanted, address)) ?? (await bindable(0, address));
  if (port === undefined) throw new Error(`no UDP port can be had on ${address}`);
  return port;
}
