import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { verifyResponse } from "../radius/verify-packet.ts";
import { openWire, type Wire, type WireOptions } from "./wire.ts";

export type Exchanged =
  | { readonly kind: "answered"; readonly packet: Packet; readonly request: Buffer; readonly latencyMs: number }
  | { readonly kind: "no-answer"; readonly attempts: number };

/** Requests towards one port of the server: as many at a time as identifiers allow, the others wait their turn. */
export interface RequestPort {
  /** Sends what `encode` makes for an identifier, and the same octets again until an answer comes or the tries are over. */
  exchange(encode: (identifier: number) => Buffer): Promise<Exchanged>;
  /** Requests that were sent again, and those that nobody answered. */
  counts(): { readonly retransmitted: number; readonly unanswered: number };
  close(): Promise<void>;
}

export interface RequestPortOptions extends Omit<WireOptions, "receive" | "port"> {
  readonly server: { readonly address: string; readonly port: number };
  readonly secret: Buffer;
  /** Source ports, of 256 identifiers each. */
  readonly sourcePorts: number;
  /** The first wait; each later one is twice as long, up to `LONGEST_WAIT_MS`. */
  readonly timeoutMs: number;
  readonly tries: number;
}

const IDENTIFIERS = 256;
const LONGEST_WAIT_MS = 16_000;
const MOST_WAITING = 200_000;

interface Pending {
  readonly octets: Buffer;
  readonly sentAt: number;
  readonly finish: (result: Exchanged) => void;
  attempts: number;
  cancel: () => void;
}

interface Source {
  readonly wire: Wire;
  readonly pending: Map<number, Pending>;
  next: number;
}

interface Waiting {
  readonly encode: (identifier: number) => Buffer;
  readonly finish: (result: Exchanged) => void;
}

/** An identifier that has rested the longest, so that a late answer does not meet a new request. */
function freeIdentifier(source: Source): number | undefined {
  if (source.pending.size >= IDENTIFIERS) return undefined;
  while (source.pending.has(source.next)) source.next = (source.next + 1) % IDENTIFIERS;
  const identifier = source.next;
  source.next = (source.next + 1) % IDENTIFIERS;
  return identifier;
}

export async function openRequestPort(options: RequestPortOptions): Promise<RequestPort> {
  const { server, secret, clock, random, timeoutMs, tries } = options;
  const sources: Source[] = [];
  const waiting: Waiting[] = [];
  let isOpen = true;
  let retransmitted = 0;
  let unanswered = 0;

  const receive = (source: Source, datagram: Buffer) => {
    const decoded = decodePacket(datagram);
    if (!decoded.ok) return;
    const pending = source.pending.get(decoded.packet.identifier);
    if (!pending) return;
    const { octets } = pending;
    const asked = { code: octets.readUInt8(0), identifier: octets.readUInt8(1), authenticator: octets.subarray(4, 20) };
    if (!verifyResponse(decoded.packet, asked, secret).ok) return;
    const latencyMs = performance.now() - pending.sentAt;
    pending.finish({ kind: "answered", packet: decoded.packet, request: octets, latencyMs });
  };
  const transmit = (source: Source, pending: Pending) => {
    if (pending.attempts >= tries) {
      unanswered += 1;
      return pending.finish({ kind: "no-answer", attempts: pending.attempts });
    }
    if (pending.attempts > 0) retransmitted += 1;
    const waitMs = Math.min(timeoutMs * 2 ** pending.attempts, LONGEST_WAIT_MS) * (0.9 + 0.2 * random());
    pending.attempts += 1;
    source.wire.send(pending.octets, server);
    pending.cancel = clock.after(waitMs, () => transmit(source, pending));
  };
  const begin = (source: Source, identifier: number, { encode, finish }: Waiting) => {
    const pending: Pending = {
      octets: encode(identifier),
      sentAt: performance.now(),
      attempts: 0,
      cancel: () => undefined,
      finish: (result) => {
        pending.cancel();
        source.pending.delete(identifier);
        finish(result);
        beginWaiting();
      },
    };
    source.pending.set(identifier, pending);
    transmit(source, pending);
  };
  const beginWaiting = () => {
    while (isOpen && waiting.length > 0) {
      const source = sources.find(({ pending }) => pending.size < IDENTIFIERS);
      const identifier = source && freeIdentifier(source);
      if (!source || identifier === undefined) return;
      const first = waiting.shift();
      if (first) begin(source, identifier, first);
    }
  };
  for (let index = 0; index < options.sourcePorts; index += 1) {
    const wire = await openWire({ ...options, port: 0, receive: (datagram) => receive(source, datagram) });
    const source: Source = { wire, pending: new Map(), next: 0 };
    sources.push(source);
  }
  return {
    exchange: (encode) =>
      new Promise((resolve) => {
        if (!isOpen || waiting.length >= MOST_WAITING) return resolve({ kind: "no-answer", attempts: 0 });
        waiting.push({ encode, finish: resolve });
        beginWaiting();
      }),
    counts: () => ({ retransmitted, unanswered }),
    close: async () => {
      isOpen = false;
      for (const { finish } of waiting.splice(0)) finish({ kind: "no-answer", attempts: 0 });
      for (const { pending, wire } of sources) {
        for (const one of [...pending.values()]) one.finish({ kind: "no-answer", attempts: one.attempts });
        await wire.close();
      }
    },
  };
}
