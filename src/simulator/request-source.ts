import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { verifyResponse } from "../radius/verify-packet.ts";
import { openWire, type Wire, type WireOptions } from "./wire.ts";

export type Exchanged =
  | { readonly kind: "answered"; readonly packet: Packet; readonly request: Buffer; readonly latencyMs: number }
  | { readonly kind: "no-answer"; readonly attempts: number };

export interface RequestSourceOptions extends Omit<WireOptions, "receive" | "port"> {
  readonly server: { readonly address: string; readonly port: number };
  readonly secret: Buffer;
  /** The first wait; each later one is twice as long, up to `LONGEST_WAIT_MS`. */
  readonly timeoutMs: number;
  /** Transmissions in all. */
  readonly tries: number;
}

/** A request that has no identifier yet. */
export interface QueuedRequest {
  readonly encode: (identifier: number) => Buffer;
  readonly finish: (result: Exchanged) => void;
}

const IDENTIFIERS = 256;
const LONGEST_WAIT_MS = 16_000;

interface Pending {
  readonly octets: Buffer;
  readonly sentAt: number;
  readonly finish: (result: Exchanged) => void;
  attempts: number;
  cancel: () => void;
}

/** One source port with its 256 identifiers. */
export class RequestSource {
  readonly #options: RequestSourceOptions;
  readonly #pending = new Map<number, Pending>();
  #wire: Wire | undefined;
  #next = 0;
  #retransmitted = 0;
  #unanswered = 0;

  private constructor(options: RequestSourceOptions) {
    this.#options = options;
  }

  static async open(options: RequestSourceOptions): Promise<RequestSource> {
    const source = new RequestSource(options);
    source.#wire = await openWire({ ...options, port: 0, receive: (datagram) => source.#receive(datagram) });
    return source;
  }

  get hasRoom(): boolean {
    return this.#pending.size < IDENTIFIERS;
  }

  counts(): { readonly retransmitted: number; readonly unanswered: number } {
    return { retransmitted: this.#retransmitted, unanswered: this.#unanswered };
  }

  /** Only where there is room. */
  begin({ encode, finish }: QueuedRequest): void {
    const identifier = this.#freeIdentifier();
    const pending: Pending = {
      octets: encode(identifier),
      sentAt: performance.now(),
      attempts: 0,
      cancel: () => undefined,
      finish: (result) => {
        pending.cancel();
        this.#pending.delete(identifier);
        finish(result);
      },
    };
    this.#pending.set(identifier, pending);
    this.#transmit(pending);
  }

  async close(): Promise<void> {
    for (const pending of [...this.#pending.values()])
      pending.finish({ kind: "no-answer", attempts: pending.attempts });
    await this.#wire?.close();
  }

  /** One that has rested the longest, so that a late answer does not meet a new request. */
  #freeIdentifier(): number {
    while (this.#pending.has(this.#next)) this.#next = (this.#next + 1) % IDENTIFIERS;
    const identifier = this.#next;
    this.#next = (this.#next + 1) % IDENTIFIERS;
    return identifier;
  }

  #transmit(pending: Pending): void {
    const { server, clock, random, timeoutMs, tries } = this.#options;
    if (pending.attempts >= tries) {
      this.#unanswered += 1;
      pending.finish({ kind: "no-answer", attempts: pending.attempts });
      return;
    }
    if (pending.attempts > 0) this.#retransmitted += 1;
    const waitMs = Math.min(timeoutMs * 2 ** pending.attempts, LONGEST_WAIT_MS) * (0.9 + 0.2 * random());
    pending.attempts += 1;
    this.#wire?.send(pending.octets, server);
    pending.cancel = clock.after(waitMs, () => this.#transmit(pending));
  }

  #receive(datagram: Buffer): void {
    const decoded = decodePacket(datagram);
    const pending = decoded.ok ? this.#pending.get(decoded.packet.identifier) : undefined;
    if (!decoded.ok || !pending) return;
    const { octets } = pending;
    const asked = { code: octets.readUInt8(0), identifier: octets.readUInt8(1), authenticator: octets.subarray(4, 20) };
    if (!verifyResponse(decoded.packet, asked, this.#options.secret).ok) return;
    const latencyMs = performance.now() - pending.sentAt;
    pending.finish({ kind: "answered", packet: decoded.packet, request: octets, latencyMs });
  }
}
