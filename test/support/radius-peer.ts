import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { Code } from "../../src/radius/code.ts";
import { encodeRequest } from "../../src/radius/encode-packet.ts";
import type { Packet, RawAttribute } from "../../src/radius/packet.ts";
import { encryptUserPassword } from "../../src/radius/user-password.ts";
import { packetIn } from "./wire.ts";

/** A NAS's socket: what it sends is octets, what comes back is what the test asked for by identifier. */
export interface RadiusPeer {
  send(octets: Buffer): void;
  /** Sends and waits for the answer with this identifier; undefined: silence for `withinMs`. */
  ask(octets: Buffer, withinMs?: number): Promise<Packet | undefined>;
  /** Everything that came. */
  readonly answers: Packet[];
  close(): Promise<void>;
}

/** A socket of its own, bound to `from`, that sends to `port` at `host`. */
export async function openRadiusPeer(port: number, host = "127.0.0.1", from?: string): Promise<RadiusPeer> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  const answers: Packet[] = [];
  const waiting = new Map<number, (packet: Packet) => void>();
  socket.on("message", (datagram) => {
    const packet = packetIn(datagram);
    answers.push(packet);
    waiting.get(packet.identifier)?.(packet);
  });
  socket.on("error", () => undefined);
  socket.bind(0, from);
  await once(socket, "listening");
  const send = (octets: Buffer) => socket.send(octets, port, host);
  return {
    send,
    answers,
    ask: async (octets, withinMs = 3_000) => {
      const identifier = octets[1] ?? 0;
      const { promise, resolve } = Promise.withResolvers<Packet | undefined>();
      const timer = setTimeout(resolve, withinMs, undefined);
      waiting.set(identifier, resolve);
      send(octets);
      const answer = await promise;
      clearTimeout(timer);
      waiting.delete(identifier);
      return answer;
    },
    close: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}

export const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });

export function integer(type: number, value: number): RawAttribute {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return { type, value: octets };
}

export interface AccountingToSend {
  readonly secret: string;
  readonly identifier?: number;
  /** 1: Start, 2: Stop, 3: Interim-Update. */
  readonly status: number;
  readonly session: string;
  readonly username?: string;
  readonly ipv4?: string;
  readonly more?: readonly RawAttribute[];
}

export function accountingRequest(record: AccountingToSend): Buffer {
  const { secret, identifier = 1, status, session, username = `user-${session}`, ipv4, more = [] } = record;
  return encodeRequest({
    code: Code.AccountingRequest,
    identifier,
    secret: Buffer.from(secret),
    messageAuthenticator: false,
    attributes: [
      integer(40, status),
      text(44, session),
      text(1, username),
      ...(ipv4 === undefined ? [] : [{ type: 8, value: Buffer.from(ipv4.split(".").map(Number)) }]),
      ...more,
    ],
  });
}

export interface AccessToSend {
  readonly secret: string;
  readonly identifier?: number;
  readonly username: string;
  readonly password: string;
  readonly messageAuthenticator?: boolean;
  readonly more?: readonly RawAttribute[];
}

/** PAP. */
export function accessRequest(login: AccessToSend): Buffer {
  const authenticator = randomBytes(16);
  const secret = Buffer.from(login.secret);
  return encodeRequest({
    code: Code.AccessRequest,
    identifier: login.identifier ?? 1,
    secret,
    authenticator,
    messageAuthenticator: login.messageAuthenticator ?? true,
    attributes: [
      text(1, login.username),
      { type: 2, value: encryptUserPassword(Buffer.from(login.password), { secret, authenticator }) },
      ...(login.more ?? []),
    ],
  });
}

export const statusServer = (secret: string, messageAuthenticator = true): Buffer =>
  encodeRequest({
    code: Code.StatusServer,
    identifier: 99,
    secret: Buffer.from(secret),
    authenticator: randomBytes(16),
    messageAuthenticator,
    attributes: [],
  });
