import type { Queryable } from "../database/database.ts";
import { Code } from "../radius/code.ts";
import { encodeRequest } from "../radius/encode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { AccountingSpool, type Added, type SpoolLimits } from "./accounting-spool.ts";
import type { HeldRecord, RecordToForward } from "./forwarded-accounting-store.ts";
import { attributesToForward, octetsToForward } from "./forwarded-record.ts";
import type { UpstreamClient } from "./upstream-client.ts";
import type { UpstreamMetrics } from "./upstream-metrics.ts";

/** Passes accounting on to the upstream: at least once each, also if this process dies, until it is too old. */
export interface AccountingForwarder {
  /**
   * Resolves once the record is in the database, or dropped and counted where that is full: the upstream is not waited
   * for. Rejects if it is not known to be there: then do not answer.
   */
  forward(request: AccountingToForward): Promise<void>;
  /** Waits a moment for what is under way; the rest stays in the database. */
  stop(): Promise<void>;
}

export interface AccountingToForward {
  readonly packet: Packet;
  readonly receivedAt: Date;
}

export interface AccountingForwarderOptions {
  readonly database: Queryable;
  readonly client: UpstreamClient;
  readonly secret: Buffer;
  readonly metrics: UpstreamMetrics;
  readonly now: () => Date;
  /** What marks our hop in the packets; the same octets in each. */
  readonly proxyState: Buffer;
  /** Told of what the database refused; it is tried again. */
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<ForwarderLimits>;
}

export interface ForwarderLimits extends SpoolLimits {
  readonly maxUnderWay: number;
  /** Before the second try; doubles with each, up to `maxRetryMs`. */
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** How often what waits is looked at. */
  readonly tendEveryMs: number;
  readonly drainMs: number;
}

const defaultLimits: ForwarderLimits = {
  maxStored: 1_000_000,
  maxHeld: 2_000,
  giveUpAfterMs: 3_600_000,
  leaseMs: 10_000,
  maxUnderWay: 512,
  firstRetryMs: 1_000,
  maxRetryMs: 30_000,
  tendEveryMs: 1_000,
  drainMs: 2_000,
};

export function createAccountingForwarder(options: AccountingForwarderOptions): AccountingForwarder {
  return new Forwarder(options);
}

class Forwarder implements AccountingForwarder {
  readonly #options: AccountingForwarderOptions;
  readonly #limits: ForwarderLimits;
  readonly #spool: AccountingSpool;
  /** In order of arrival; a Set since it gives up its first element cheaply. */
  readonly #queue = new Set<HeldRecord>();
  #underWay = 0;
  #isStopped = false;
  #isOver = false;
  #drained: (() => void) | undefined;
  #tending: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #refilling: Promise<void> | undefined;
  /** The database has, or may have, more than what is in our hands. */
  #isMoreThere = false;

  constructor(options: AccountingForwarderOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#spool = new AccountingSpool(options.database, this.#limits);
    this.#tendLater(0);
  }

  async forward({ packet, receivedAt }: AccountingToForward): Promise<void> {
    const added = await this.#add({ receivedAt, attributes: octetsToForward(packet) });
    if (added.kind === "full") this.#options.metrics.accountingDropped.inc({ reason: "queue-full" });
    if (added.kind === "waiting") this.#isMoreThere = true;
    if (added.kind !== "held") return;
    this.#queue.add(added.record);
    this.#pump();
  }

  async #add(record: RecordToForward): Promise<Added> {
    try {
      return await this.#spool.add(record, this.#options.client.isWorthTrying());
    } catch (error) {
      this.#options.onError(error);
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const { drainMs } = this.#limits;
    const drained = Promise.withResolvers<void>();
    this.#drained = drained.resolve;
    this.#pump();
    if (this.#underWay > 0) await within(drainMs, drained.promise);
    this.#isOver = true;
    this.#queue.clear();
    const given = async () => {
      await Promise.all([this.#tending, this.#refilling]);
      await this.#spool.stop();
    };
    await within(drainMs, given().catch(this.#options.onError));
  }

  #tendLater(waitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#tending = this.#tend().finally(() => {
        if (!this.#isStopped) this.#tendLater(this.#limits.tendEveryMs);
      });
    }, waitMs);
  }

  /** Never rejects. */
  async #tend(): Promise<void> {
    const { now, metrics, onError } = this.#options;
    try {
      const gaveUp = await this.#spool.tend(new Date(now().getTime() - this.#limits.giveUpAfterMs));
      if (gaveUp > 0) metrics.accountingDropped.inc({ reason: "gave-up" }, gaveUp);
      metrics.accountingQueued.set(this.#spool.stored);
      this.#isMoreThere = true;
      await this.#refill();
    } catch (error) {
      onError(error);
    }
    this.#pump();
  }

  /** Takes what has room, as long as the upstream is there: what could only wait here may as well wait in the database. */
  async #refill(): Promise<void> {
    if (this.#isStopped || !this.#isMoreThere || !this.#options.client.isWorthTrying()) return;
    this.#isMoreThere = false;
    const taken = await this.#spool.take();
    if (taken.length > 0) this.#isMoreThere = true;
    for (const record of taken) this.#queue.add(record);
  }

  #pump(): void {
    for (const record of this.#queue) {
      // All are down: one that would answer again is found by probes, and by a try once in a while.
      if (this.#underWay >= this.#limits.maxUnderWay || !this.#options.client.isWorthTrying()) break;
      this.#queue.delete(record);
      this.#underWay++;
      void this.#attempt(record);
    }
    if (this.#underWay === 0) this.#drained?.();
  }

  /** Never rejects. */
  async #attempt(record: HeldRecord): Promise<void> {
    const outcome = await this.#send(record);
    this.#underWay--;
    // What comes to light now is in the database still, and is found there.
    if (this.#isOver) return;
    if (outcome === "too-old") this.#spool.forget(record.id);
    else if (outcome === "done") this.#spool.settle(record.id);
    else this.#spool.putOff(record.id, this.#waitMs(record));
    this.#refilling ??= this.#writeDown();
    this.#pump();
  }

  /** Never rejects: what is not written down now is with the next, or at the next look. */
  async #writeDown(): Promise<void> {
    try {
      await this.#spool.flush();
      if (this.#queue.size < this.#limits.maxUnderWay) await this.#refill();
    } catch (error) {
      this.#options.onError(error);
    }
    this.#refilling = undefined;
    this.#pump();
  }

  async #send(record: HeldRecord): Promise<"done" | "too-old" | "later"> {
    const { client, secret, now, proxyState, metrics } = this.#options;
    if (now().getTime() - record.receivedAt.getTime() > this.#limits.giveUpAfterMs) return "too-old";
    const attributes = attributesToForward(record, { now: now(), proxyState });
    // A changed Acct-Delay-Time makes a new request, with an identifier of its own (RFC 2866 section 5.2).
    const build = (identifier: number) =>
      encodeRequest({ code: Code.AccountingRequest, identifier, attributes, secret, messageAuthenticator: false });
    try {
      return (await client.exchange(build)).kind === "reply" ? "done" : "later";
    } catch {
      // With our Proxy-State it no longer fits a packet.
      metrics.accountingDropped.inc({ reason: "not-encodable" });
      return "done";
    }
  }

  #waitMs({ tries }: HeldRecord): number {
    const { firstRetryMs, maxRetryMs } = this.#limits;
    return Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(tries, 16));
  }
}

/** Waits for it, but no longer than that. */
async function within(limitMs: number, done: Promise<void>): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, limitMs);
  await Promise.race([done, limit.promise]);
  clearTimeout(timer);
}
