import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { PreparedRequest } from "./prepared-request.ts";

/** A request and its answer; latencies in ms. */
export interface Answered {
  readonly request: Buffer;
  readonly answer: Buffer;
  readonly latencyMs: number;
}

export interface WindowResult {
  readonly answered: readonly Answered[];
  readonly sent: number;
  readonly retransmits: number;
  readonly lost: number;
  /** Answers to nothing that was outstanding. */
  readonly unasked: number;
  /** From the first sending to the last answer. */
  readonly seconds: number;
}

export interface WindowOptions {
  readonly host: string;
  readonly port: number;
  readonly inFlight: number;
  readonly requests: readonly PreparedRequest[];
}

const IDENTIFIERS = 256;
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;
const RETRANSMIT_AFTER_MS = 2_000;
const RETRANSMISSIONS = 5;
const LOOK_EVERY_MS = 100;
const LIMIT_MS = 300_000;

interface Outstanding {
  readonly socket: Socket;
  readonly octets: Buffer;
  readonly firstAt: number;
  lastAt: number;
  retransmissions: number;
}

/** Keeps a number of requests outstanding until all are answered or given up. Built for one use. */
export class LoadWindow {
  readonly #options: WindowOptions;
  readonly #sockets: Socket[] = [];
  /** By socket, then identifier: `socket * 256 + identifier`. */
  readonly #outstanding: (Outstanding | undefined)[];
  readonly #answered: Answered[] = [];
  readonly #done = Promise.withResolvers<void>();
  #out = 0;
  #next = 0;
  #turn = 0;
  #lost = 0;
  #retransmits = 0;
  #unasked = 0;
  #lastAnswerAt = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#outstanding = new Array(Math.ceil(options.inFlight / IDENTIFIERS) * IDENTIFIERS).fill(undefined);
  }

  async run(): Promise<WindowResult> {
    const limit = setTimeout(() => this.#done.resolve(), LIMIT_MS);
    let looking: NodeJS.Timeout | undefined;
    try {
      for (let index = 0; index * IDENTIFIERS < this.#outstanding.length; index++) await this.#openSocket(index);
      const startedAt = performance.now();
      looking = setInterval(() => this.#retransmitLate(), LOOK_EVERY_MS);
      this.#fill();
      await this.#done.promise;
      return {
        answered: this.#answered,
        sent: this.#next,
        retransmits: this.#retransmits,
        lost: this.#lost + this.#out,
        unasked: this.#unasked,
        seconds: Math.max(0, this.#lastAnswerAt - startedAt) / 1000,
      };
    } finally {
      clearTimeout(limit);
      clearInterval(looking);
      for (const socket of this.#sockets) socket.close();
    }
  }

  async #openSocket(index: number): Promise<void> {
    const { host, port } = this.#options;
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    socket.on("message", (answer) => this.#receive(index, answer));
    // ECONNREFUSED while the server restarts: the retransmission takes care of it.
    socket.on("error", () => undefined);
    socket.connect(port, host);
    await once(socket, "connect");
    socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
    this.#sockets.push(socket);
  }

  #fill(): void {
    const { requests, inFlight } = this.#options;
    while (this.#next < requests.length && this.#out < inFlight) {
      const place = this.#freePlace();
      const socket = this.#sockets[Math.floor(place / IDENTIFIERS)];
      const octets = requests[this.#next]?.sealed(place % IDENTIFIERS);
      if (!socket || !octets) return;
      const now = performance.now();
      this.#outstanding[place] = { socket, octets, firstAt: now, lastAt: now, retransmissions: 0 };
      this.#next++;
      this.#out++;
      socket.send(octets);
    }
  }

  /** Round all identifiers, so that one is used again as late as can be. There is one: fewer are outstanding. */
  #freePlace(): number {
    do {
      this.#turn = (this.#turn + 1) % this.#outstanding.length;
    } while (this.#outstanding[this.#turn] !== undefined);
    return this.#turn;
  }

  #receive(index: number, answer: Buffer): void {
    const place = index * IDENTIFIERS + (answer[1] ?? 0);
    const outstanding = this.#outstanding[place];
    if (outstanding === undefined) {
      this.#unasked++;
      return;
    }
    const now = performance.now();
    this.#lastAnswerAt = now;
    this.#answered.push({ request: outstanding.octets, answer, latencyMs: now - outstanding.firstAt });
    this.#free(place);
    this.#fill();
  }

  #free(place: number): void {
    this.#outstanding[place] = undefined;
    this.#out--;
    if (this.#answered.length + this.#lost === this.#options.requests.length) this.#done.resolve();
  }

  #retransmitLate(): void {
    const before = performance.now() - RETRANSMIT_AFTER_MS;
    for (const [place, one] of this.#outstanding.entries()) {
      if (one === undefined || one.lastAt > before) continue;
      if (one.retransmissions === RETRANSMISSIONS) {
        this.#lost++;
        this.#free(place);
        continue;
      }
      one.retransmissions++;
      one.lastAt = performance.now();
      this.#retransmits++;
      one.socket.send(one.octets);
    }
    this.#fill();
  }
}
