import { Code } from "../radius/code.ts";
import { encodeRequest } from "../radius/encode-packet.ts";
import type { BuildRequest, ExchangeOutcome, UpstreamKind } from "./upstream-exchange.ts";
import { UpstreamExchanges } from "./upstream-exchanges.ts";
import type { UpstreamMetrics } from "./upstream-metrics.ts";
import type { UpstreamSigning } from "./upstream-signing.ts";

export interface UpstreamTiming {
  /** Before the first retransmission; doubles with each, up to `maxWaitMs`. */
  readonly firstWaitMs: number;
  readonly maxWaitMs: number;
  /** Transmissions before the next server is tried. */
  readonly attempts: number;
  /** Transmissions where no other server is left. */
  readonly attemptsAlone: number;
  /** Status-Server to a server that is down (RFC 5997). */
  readonly probeEveryMs: number;
  /** A server that does not know Status-Server gets a real request this long after it went down. */
  readonly retryAfterMs: number;
}

/** Ends within the 15 seconds or so for which NASes keep asking. */
export const defaultTiming: UpstreamTiming = {
  firstWaitMs: 1_000,
  maxWaitMs: 4_000,
  attempts: 2,
  attemptsAlone: 4,
  probeEveryMs: 3_000,
  retryAfterMs: 20_000,
};

export interface UpstreamServerOptions {
  readonly host: string;
  readonly port: number;
  readonly kind: UpstreamKind;
  readonly secret: Buffer;
  readonly metrics: UpstreamMetrics;
  readonly timing: UpstreamTiming;
  readonly signing: UpstreamSigning;
  /** Cryptographic octets. */
  readonly randomOctets: (count: number) => Buffer;
  /** Told when the server goes down or comes up. */
  readonly changed: (server: { readonly name: string; readonly isUp: boolean }) => void;
}

/**
 * One upstream server: whether it answers, and exchanges with it. It is down once an exchange ended without any answer
 * from it in that time, or ICMP says so; up again with its first authentic answer, to Status-Server or to anything.
 */
export class UpstreamServer {
  readonly name: string;
  readonly #options: UpstreamServerOptions;
  readonly #exchanges: UpstreamExchanges;
  #heardAt = Number.NEGATIVE_INFINITY;
  #downSince: number | undefined;
  #probeTimer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: UpstreamServerOptions) {
    this.#options = options;
    this.name = `${options.host}:${options.port}`;
    this.#exchanges = new UpstreamExchanges({ ...options, name: this.name, heard: () => this.#heard() });
    options.metrics.up.set({ server: this.name, kind: options.kind }, 1);
  }

  /** Whether to prefer it: it is up, or has been down for so long that it is worth a try. */
  get isWorthTrying(): boolean {
    return this.#downSince === undefined || performance.now() - this.#downSince > this.#options.timing.retryAfterMs;
  }

  /** Sends, retransmits the same octets, and resolves with how it ended; never rejects. */
  async exchange(build: BuildRequest, canGoElsewhere: boolean): Promise<ExchangeOutcome> {
    // Somebody tries it now; the others wait for what comes of that.
    if (this.#downSince !== undefined && this.isWorthTrying) this.#downSince = performance.now();
    const startedAt = performance.now();
    const outcome = await this.#exchanges.run(build, { waitsMs: this.#waits(canGoElsewhere), canGoElsewhere });
    this.#judge(outcome, startedAt);
    const { kind, metrics } = this.#options;
    metrics.exchanges.inc({ server: this.name, kind, outcome: outcome.kind });
    return outcome;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#probeTimer);
    this.#exchanges.stop();
  }

  #waits(canGoElsewhere: boolean): number[] {
    const { firstWaitMs, maxWaitMs, attempts, attemptsAlone } = this.#options.timing;
    const count = canGoElsewhere ? attempts : attemptsAlone;
    return Array.from({ length: count }, (_, index) => this.#jittered(Math.min(maxWaitMs, firstWaitMs * 2 ** index)));
  }

  /** RFC 5080 section 2.2.1: plus or minus a tenth, so that nodes do not retransmit in step. */
  #jittered(waitMs: number): number {
    const [octet = 0] = this.#options.randomOctets(1);
    return waitMs * (0.9 + (0.2 * octet) / 255);
  }

  #judge(outcome: ExchangeOutcome, startedAt: number): void {
    if (outcome.kind === "unreachable" || (outcome.kind === "no-answer" && this.#heardAt < startedAt)) this.#goDown();
  }

  #heard(): void {
    this.#heardAt = performance.now();
    if (this.#downSince === undefined) return;
    this.#downSince = undefined;
    clearTimeout(this.#probeTimer);
    this.#announce(true);
  }

  #goDown(): void {
    if (this.#downSince !== undefined || this.#isStopped) return;
    this.#downSince = performance.now();
    this.#announce(false);
    void this.#probe();
  }

  #announce(isUp: boolean): void {
    this.#options.metrics.up.set({ server: this.name, kind: this.#options.kind }, isUp ? 1 : 0);
    this.#options.changed({ name: this.name, isUp });
  }

  /** Never rejects. A good answer comes in through `#heard`. */
  async #probe(): Promise<void> {
    const waitMs = this.#jittered(this.#options.timing.probeEveryMs);
    const startedAt = performance.now();
    await this.#exchanges.run((identifier) => this.#statusServer(identifier), {
      waitsMs: [waitMs],
      canGoElsewhere: true,
    });
    if (this.#downSince === undefined || this.#isStopped) return;
    const leftMs = Math.max(0, startedAt + waitMs - performance.now());
    this.#probeTimer = setTimeout(() => void this.#probe(), leftMs);
  }

  #statusServer(identifier: number): Buffer {
    return encodeRequest({
      code: Code.StatusServer,
      identifier,
      attributes: [],
      secret: this.#options.secret,
      authenticator: this.#options.randomOctets(16),
      messageAuthenticator: true,
    });
  }
}
