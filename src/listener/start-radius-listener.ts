import type { RemoteInfo } from "node:dgram";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { NasDirectory } from "../nas/nas-directory.ts";
import { Code } from "../radius/code.ts";
import type { SessionRecorder } from "../session/session-recorder.ts";
import {
  type AccessDecider,
  accessHandler,
  accountingHandler,
  type Handler,
  type Request,
  statusHandler,
} from "./handle-request.ts";
import { createListenerMetrics, type PortMetrics } from "./listener-metrics.ts";
import { MessageAuthenticatorRule } from "./message-authenticator-rule.ts";
import { RadiusPort } from "./radius-port.ts";
import { openRadiusSocket, type RadiusSocket } from "./radius-socket.ts";
import { createUnknownSenders } from "./unknown-senders.ts";

export interface RadiusListenerDependencies {
  /** Addresses to bind, IPv4 and IPv6. Where replies must leave from the address that was asked, name each, not a wildcard. */
  readonly hosts: readonly string[];
  /** Absent: off. 0: any free one, the same on all hosts. */
  readonly authPort?: number;
  readonly acctPort?: number;
  readonly nasDirectory: Pick<NasDirectory, "atAddress" | "markMessageAuthenticatorSeen">;
  readonly recorder: Pick<SessionRecorder, "record" | "recordRestart">;
  readonly authorizer: AccessDecider;
  /** Given each accounting record once it is durable and before it is answered. Must return at once and not throw. */
  readonly forwardAccounting?: (request: Request) => Promise<void>;
  readonly metrics: Registry;
  readonly log: Logger;
  readonly now?: () => Date;
  /** Several processes share the ports. */
  readonly reusePort?: boolean;
  /** Requests under way on each port; more are dropped. */
  readonly maxInFlight?: number;
  /** How long stop() waits for requests under way. */
  readonly drainMs?: number;
}

export interface RadiusListener {
  /** undefined: off. */
  readonly authPort: number | undefined;
  readonly acctPort: number | undefined;
  /** Takes nothing new, answers what is under way within a bound, closes the sockets. */
  stop(): Promise<void>;
}

const MAX_IN_FLIGHT = 20_000;
const DRAIN_MS = 4_000;
const FREE_PORT_TRIES = 10;

interface OpenPort {
  readonly number: number | undefined;
  stop(): Promise<void>;
}

const closeAll = async (sockets: readonly RadiusSocket[]): Promise<void> => {
  await Promise.all(sockets.map((socket) => socket.close()));
};

/** One port on every host, all or none. */
async function openSockets(
  dependencies: RadiusListenerDependencies,
  wanted: number,
  receive: (send: (octets: Buffer, to: RemoteInfo) => void) => (datagram: Buffer, sender: RemoteInfo) => void,
  sendFailed: () => void,
): Promise<RadiusSocket[]> {
  const sockets: RadiusSocket[] = [];
  try {
    for (const host of dependencies.hosts) {
      const index = sockets.length;
      const sent = (error: Error | null) => {
        if (error) sendFailed();
      };
      sockets.push(
        await openRadiusSocket({
          host,
          port: sockets[0]?.port ?? wanted,
          reusePort: dependencies.reusePort ?? false,
          received: receive((octets, to) => sockets[index]?.send(octets, to, sent)),
          failed: (error) => dependencies.log.warn({ err: error, host }, "RADIUS socket error; it stays open"),
        }),
      );
    }
    return sockets;
  } catch (error) {
    await closeAll(sockets);
    throw error;
  }
}

async function openPort(
  dependencies: RadiusListenerDependencies,
  wanted: number | undefined,
  port: { readonly radius: RadiusPort; readonly metrics: PortMetrics },
): Promise<OpenPort> {
  if (wanted === undefined) return { number: undefined, stop: async () => undefined };
  const open = () =>
    openSockets(
      dependencies,
      wanted,
      (send) => port.radius.receiver(send),
      () => port.metrics.sendFailed(),
    );
  // A port that is free on the first host may be taken on the second.
  const tryOpen = async (tries: number): Promise<RadiusSocket[]> => {
    try {
      return await open();
    } catch (error) {
      if (wanted !== 0 || tries <= 1 || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      return await tryOpen(tries - 1);
    }
  };
  const sockets = await tryOpen(FREE_PORT_TRIES);
  for (const socket of sockets) port.metrics.bound(socket.port, socket.receiveBufferOctets);
  return {
    number: sockets[0]?.port,
    stop: async () => {
      await port.radius.stop(dependencies.drainMs ?? DRAIN_MS);
      await closeAll(sockets);
    },
  };
}

/** Listens for RADIUS on the authentication and accounting ports of every host. Rejects when one cannot be bound. */
export async function startRadiusListener(dependencies: RadiusListenerDependencies): Promise<RadiusListener> {
  const { nasDirectory, recorder, authorizer, log } = dependencies;
  const metrics = createListenerMetrics(dependencies.metrics);
  const rule = new MessageAuthenticatorRule({
    markSeen: (nasId) => nasDirectory.markMessageAuthenticatorSeen(nasId),
    onError: (error) =>
      log.warn({ err: error }, "could not note that a NAS sends Message-Authenticators; will try again"),
  });
  const now = dependencies.now ?? (() => new Date());
  const unknownSender = createUnknownSenders({
    now,
    tell: (address) =>
      log.warn({ address }, "dropped as unknown-nas: no NAS has this address, or none there this NAS-Identifier"),
  });
  const radiusPort = (portMetrics: PortMetrics, handlers: readonly (readonly [number, Handler])[]) => ({
    metrics: portMetrics,
    radius: new RadiusPort({
      handlers: new Map(handlers),
      atAddress: (address) => nasDirectory.atAddress(address),
      rule,
      lacksMessageAuthenticator: metrics.lacksMessageAuthenticator,
      metrics: portMetrics,
      now,
      unknownSender,
      maxInFlight: dependencies.maxInFlight ?? MAX_IN_FLIGHT,
      onError: (error) => log.error({ err: error }, "a RADIUS request failed in a way that nobody expected"),
    }),
  });
  const forward = dependencies.forwardAccounting;
  const accounting = accountingHandler({ recorder, metrics: metrics.acct, ...(forward ? { forward } : {}) });
  const auth = await openPort(
    dependencies,
    dependencies.authPort,
    radiusPort(metrics.auth, [
      [Code.AccessRequest, accessHandler(authorizer)],
      [Code.StatusServer, statusHandler(Code.AccessAccept)],
    ]),
  );
  const acct = await openPort(
    dependencies,
    dependencies.acctPort,
    radiusPort(metrics.acct, [
      [Code.AccountingRequest, accounting],
      [Code.StatusServer, statusHandler(Code.AccountingResponse)],
    ]),
  ).catch(async (error: unknown) => {
    await auth.stop();
    throw error;
  });
  return {
    authPort: auth.number,
    acctPort: acct.number,
    stop: async () => {
      await Promise.all([auth.stop(), acct.stop()]);
    },
  };
}
