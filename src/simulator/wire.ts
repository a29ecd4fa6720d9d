import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./seeded-random.ts";

/** One datagram socket on a network that loses, delays and duplicates as it is told. */
export interface Wire {
  readonly port: number;
  send(octets: Buffer, to: { readonly address: string; readonly port: number }): void;
  /** Resolves once the port is given back. */
  close(): Promise<void>;
}

export interface WireOptions {
  /** Of its own; an IPv6 address makes an IPv6 socket. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly random: Random;
  readonly receive: (datagram: Buffer, from: RemoteInfo) => void;
}

const RECEIVE_BUFFER_OCTETS = 4 << 20;

async function bound({ address, port }: WireOptions): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4", recvBufferSize: RECEIVE_BUFFER_OCTETS });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, "listening");
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Opens a socket; rejects where the address is not ours or the port is taken. */
export async function openWire(options: WireOptions): Promise<Wire> {
  const { faults, clock, random } = options;
  const socket = await bound(options);
  const late = new Set<() => void>();
  let isOpen = true;
  const happens = (percent: number): boolean => percent > 0 && random() * 100 < percent;
  // A server that is not there (ICMP) is like one that does not answer: the request is sent again.
  socket.on("error", () => undefined);
  socket.on("message", (datagram, from) => {
    if (isOpen && !happens(faults.losePercent)) options.receive(datagram, from);
  });
  const leave = (octets: Buffer, to: { address: string; port: number }) => {
    if (isOpen) socket.send(octets, to.port, to.address, () => undefined);
  };
  const leaveLater = (octets: Buffer, to: { address: string; port: number }) => {
    const cancel = clock.after(random() * faults.delayMs, () => {
      late.delete(cancel);
      leave(octets, to);
    });
    late.add(cancel);
  };
  return {
    port: socket.address().port,
    send: (octets, to) => {
      const times = happens(faults.duplicatePercent) ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        if (happens(faults.losePercent)) continue;
        if (faults.delayMs > 0) leaveLater(octets, to);
        else leave(octets, to);
      }
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      for (const cancel of late) cancel();
      late.clear();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
