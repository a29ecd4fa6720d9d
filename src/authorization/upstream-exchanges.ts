import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import type { BuildRequest, ExchangeOutcome, UpstreamKind } from "./upstream-exchange.ts";
import type { UpstreamMetrics } from "./upstream-metrics.ts";
import { createReplyCheck, type ReplyCheck } from "./upstream-reply-check.ts";
import type { UpstreamSigning } from "./upstream-signing.ts";
import { openUpstreamSocket, type UpstreamSocket } from "./upstream-socket.ts";

const MAX_PORTS = 32;

export interface UpstreamExchangesOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly kind: UpstreamKind;
  readonly secret: Buffer;
  readonly metrics: UpstreamMetrics;
  readonly signing: UpstreamSigning;
  /** An authentic answer arrived. */
  readonly heard: () => void;
}

export interface ExchangePlan {
  /** One for each transmission: how long to wait after it. */
  readonly waitsMs: readonly number[];
  /** Whether ICMP's "unreachable" ends the exchange, or it goes on in the hope that the server comes back. */
  readonly canGoElsewhere: boolean;
}

interface Pending {
  readonly octets: Buffer;
  readonly plan: ExchangePlan;
  transmissions: number;
  timer: NodeJS.Timeout | undefined;
  readonly settle: (outcome: ExchangeOutcome) => void;
}

/** A source port and what it waits for, by identifier. */
interface Port {
  socket: UpstreamSocket | undefined;
  readonly pending: Map<number, Pending>;
}

interface Slot {
  readonly port: Port;
  readonly socket: UpstreamSocket;
  readonly identifier: number;
}

type ReadReply =
  | { readonly kind: "authentic"; readonly isUnsigned: boolean; readonly packet: Packet }
  | { readonly kind: "not-authentic"; readonly reason: string };

const notAsked: ReadReply = { kind: "not-authentic", reason: "unasked" };

/** The requests under way to one upstream server, over as many source ports as they need. */
export class UpstreamExchanges {
  readonly #options: UpstreamExchangesOptions;
  readonly #check: ReplyCheck;
  #ports: Port[] = [];
  /** One at a time, so that a burst does not open a port for each of its requests. */
  #opening: Promise<Port | undefined> | undefined;
  #isStopped = false;

  constructor(options: UpstreamExchangesOptions) {
    this.#options = options;
    this.#check = createReplyCheck({ ...options, server: options.name });
  }

  /** Rejects with what `build` throws, and with nothing else. */
  async run(build: BuildRequest, plan: ExchangePlan): Promise<ExchangeOutcome> {
    const slot = await this.#takeSlot();
    if (typeof slot === "string") return { kind: slot };
    const { port, socket, identifier } = slot;
    const octets = buildOrGiveBack(build, slot);
    return await new Promise((resolve) => {
      const pending: Pending = {
        octets,
        plan,
        transmissions: 0,
        timer: undefined,
        settle: (outcome) => {
          clearTimeout(pending.timer);
          port.pending.delete(identifier);
          socket.giveBack(identifier);
          resolve(outcome);
        },
      };
      port.pending.set(identifier, pending);
      this.#transmit(socket, pending);
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const port of this.#ports) this.#closePort(port);
    this.#ports = [];
  }

  #transmit(socket: UpstreamSocket, pending: Pending): void {
    const waitMs = pending.plan.waitsMs[pending.transmissions];
    if (waitMs === undefined) {
      pending.settle({ kind: "no-answer" });
      return;
    }
    pending.transmissions++;
    // The same octets from the same port: the server sees a retransmission, not a second request (RFC 5080 section 2.2).
    socket.send(pending.octets);
    pending.timer = setTimeout(() => this.#transmit(socket, pending), waitMs);
  }

  async #takeSlot(): Promise<Slot | "unreachable" | "busy"> {
    for (;;) {
      if (this.#isStopped) return "unreachable";
      for (const port of this.#ports) {
        const identifier = port.socket?.takeIdentifier();
        if (port.socket && identifier !== undefined) return { port, socket: port.socket, identifier };
      }
      if (this.#ports.length >= MAX_PORTS) return "busy";
      this.#opening ??= this.#openPort();
      const opened = await this.#opening;
      if (!opened) return "unreachable";
    }
  }

  async #openPort(): Promise<Port | undefined> {
    const port: Port = { socket: undefined, pending: new Map() };
    try {
      port.socket = await openUpstreamSocket({
        host: this.#options.host,
        port: this.#options.port,
        received: (identifier, datagram) => this.#received(port, identifier, datagram),
        unreachable: () => this.#unreachable(port),
      });
    } catch {
      return undefined;
    } finally {
      this.#opening = undefined;
    }
    if (this.#isStopped) {
      port.socket.close();
      return undefined;
    }
    this.#ports.push(port);
    return port;
  }

  #received(port: Port, identifier: number, datagram: Buffer): void {
    const { metrics, name, kind, heard } = this.#options;
    const pending = port.pending.get(identifier);
    const read = pending ? this.#read(datagram, pending.octets) : notAsked;
    if (!pending || read.kind === "not-authentic") {
      metrics.ignoredReplies.inc({ server: name, kind, reason: read.kind === "authentic" ? "unasked" : read.reason });
      return;
    }
    if (read.isUnsigned) metrics.unsignedReplies.inc({ server: name });
    heard();
    pending.settle({ kind: "reply", packet: read.packet, request: pending.octets });
  }

  #read(datagram: Buffer, request: Buffer): ReadReply {
    const decoded = decodePacket(datagram);
    if (!decoded.ok) return { kind: "not-authentic", reason: decoded.reason };
    const verdict = this.#check(decoded.packet, request);
    return verdict.kind === "authentic" ? { ...verdict, packet: decoded.packet } : verdict;
  }

  #unreachable(port: Port): void {
    for (const pending of [...port.pending.values()]) {
      if (pending.plan.canGoElsewhere) pending.settle({ kind: "unreachable" });
    }
    // The name may mean another address by now: an idle port is opened anew when it is needed.
    if (port.pending.size > 0) return;
    this.#ports = this.#ports.filter((other) => other !== port);
    this.#closePort(port);
  }

  #closePort(port: Port): void {
    for (const pending of [...port.pending.values()]) pending.settle({ kind: "unreachable" });
    port.socket?.close();
  }
}

function buildOrGiveBack(build: BuildRequest, { socket, identifier }: Slot): Buffer {
  try {
    return build(identifier);
  } catch (error) {
    socket.giveBack(identifier);
    throw error;
  }
}
