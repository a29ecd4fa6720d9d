import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Below the ports that kernels give to sockets which ask for any. */
const FIRST = 15_000;
const COUNT = 15_000;
/** Each process begins elsewhere, so that those running beside each other seldom find the same port free. */
let next = (process.pid * 97) % COUNT;

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4").bind(port, "127.0.0.1");
  try {
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

/** A UDP port on loopback that was free just now, for a program that has to be told its port. None is given twice. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error("no UDP port is free");
}
