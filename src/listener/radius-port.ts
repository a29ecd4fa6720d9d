import type { RemoteInfo } from "node:dgram";
import type { Nas } from "../nas/nas.ts";
import { Code } from "../radius/code.ts";
import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { checkRequest, isPlainLogin, type RequestCheck } from "./authentic-request.ts";
import type { DropReason } from "./drop-reason.ts";
import type { Handled, Handler } from "./handle-request.ts";
import type { PortMetrics } from "./listener-metrics.ts";
import type { MessageAuthenticatorRule } from "./message-authenticator-rule.ts";
import { type CachedRequest, ReplyCache } from "./reply-cache.ts";

export interface RadiusPortOptions {
  /** Handlers by RADIUS code: other codes do not belong on this port. */
  readonly handlers: ReadonlyMap<number, Handler>;
  readonly atAddress: (address: string) => readonly Nas[];
  readonly rule: MessageAuthenticatorRule;
  readonly lacksMessageAuthenticator: (nasId: string, isLacking: boolean) => void;
  readonly metrics: PortMetrics;
  /** Told of each datagram that is from no NAS. */
  readonly unknownSender: (address: string) => void;
  readonly now: () => Date;
  readonly maxInFlight: number;
  readonly onError: (error: unknown) => void;
}

/** Sends on the socket that the request came to. */
export type Send = (octets: Buffer, to: RemoteInfo) => void;

const CACHE = { maxEntries: 100_000, keepMs: 30_000 } as const;
const IPV4_MAPPED = "::ffff:";

/** Link-local addresses come with their interface, IPv4 through an IPv6 socket comes mapped: a NAS is known without either. */
function plainAddress(address: string): string {
  if (address.startsWith(IPV4_MAPPED) && address.includes(".")) return address.slice(IPV4_MAPPED.length);
  const zone = address.indexOf("%");
  return zone === -1 ? address : address.slice(0, zone);
}

/** What happens to each datagram of one port: who sent it, is it real, is it new, then its handler. Never throws. */
export class RadiusPort {
  readonly #options: RadiusPortOptions;
  readonly #underWay = new Set<Promise<void>>();
  #isStopping = false;

  constructor(options: RadiusPortOptions) {
    this.#options = options;
  }

  /** For one socket; each has duplicates of its own. */
  receiver(send: Send): (datagram: Buffer, sender: RemoteInfo) => void {
    const cache = new ReplyCache(CACHE);
    return (datagram, sender) => {
      const { metrics } = this.#options;
      metrics.received();
      try {
        const reason = this.#receive(datagram, sender, { cache, send });
        if (reason !== undefined) metrics.dropped(reason);
        if (reason === "unknown-nas") this.#options.unknownSender(plainAddress(sender.address));
      } catch (error) {
        metrics.dropped("internal-error");
        this.#options.onError(error);
      }
    };
  }

  /** Takes nothing new and waits for what is under way, for `limitMs` at most. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([Promise.all(this.#underWay), limit]);
    clearTimeout(timer);
  }

  /** Returns why the datagram is dropped; undefined: it is a duplicate, or being worked on. */
  #receive(datagram: Buffer, sender: RemoteInfo, socket: { cache: ReplyCache; send: Send }): DropReason | undefined {
    const { handlers, metrics, rule } = this.#options;
    if (this.#isStopping) return "stopping";
    const candidates = this.#options.atAddress(plainAddress(sender.address));
    if (candidates.length === 0) return "unknown-nas";
    const decoded = decodePacket(datagram);
    if (!decoded.ok) return decoded.reason;
    const { packet } = decoded;
    const handler = handlers.get(packet.code);
    if (handler === undefined) return "wrong-code";
    const check = checkRequest(packet, candidates, (nas) => rule.isRequired(nas));
    if (packet.code === Code.AccessRequest) this.#noteMessageAuthenticator(packet, check);
    if (!check.ok) return check.reason;
    const receivedAt = this.#options.now();
    const { address, port } = sender;
    const origin = { address, port, code: packet.code, identifier: packet.identifier };
    const known = socket.cache.lookUp(origin, packet.authenticator, receivedAt.getTime());
    if (known.kind !== "new") {
      metrics.duplicate(known.kind);
      if (known.kind === "answered") socket.send(known.reply, sender);
      return undefined;
    }
    if (this.#underWay.size >= this.#options.maxInFlight) {
      known.request.forget();
      return "overloaded";
    }
    const reply = (handled: Handled) => this.#finish(handled, known.request, (octets) => socket.send(octets, sender));
    this.#start(handler({ packet, nas: check.nas, receivedAt }), reply);
    return undefined;
  }

  /** Only a verified packet teaches anything: whoever lacks the secret must not be able to have unsigned logins dropped. */
  #noteMessageAuthenticator(packet: Packet, check: RequestCheck): void {
    if (!check.ok) return;
    const { nas, hasMessageAuthenticator } = check;
    if (!hasMessageAuthenticator) this.#options.lacksMessageAuthenticator(nas.id, true);
    if (!hasMessageAuthenticator || !isPlainLogin(packet)) return;
    this.#options.lacksMessageAuthenticator(nas.id, false);
    this.#options.rule.saw(nas);
  }

  #start(work: Promise<Handled>, finish: (handled: Handled) => void): void {
    const done: Promise<void> = work
      .catch((error: unknown): Handled => {
        this.#options.onError(error);
        return { kind: "drop", reason: "internal-error" };
      })
      .then((handled) => {
        this.#underWay.delete(done);
        finish(handled);
      })
      .catch(this.#options.onError);
    this.#underWay.add(done);
  }

  #finish(handled: Handled, request: CachedRequest, send: (octets: Buffer) => void): void {
    const { metrics } = this.#options;
    if (handled.kind === "drop") {
      // Not kept: the NAS's next try may go better.
      request.forget();
      metrics.dropped(handled.reason);
      return;
    }
    request.answer(handled.octets);
    send(handled.octets);
    metrics.replied(handled.code);
  }
}
