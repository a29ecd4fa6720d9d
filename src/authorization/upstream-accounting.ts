import { Code } from "../radius/code.ts";
import { encodeRequest } from "../radius/encode-packet.ts";
import type { Packet, RawAttribute } from "../radius/packet.ts";
import { isClassCookie } from "./class-cookie.ts";
import type { UpstreamClient } from "./upstream-client.ts";
import type { UpstreamMetrics } from "./upstream-metrics.ts";

/** Passes accounting on to the upstream. Our own answer to the NAS never waits for it: the record is ours already. */
export interface AccountingForwarder {
  /** Queues it and returns at once; dropped and counted when the queue is full. */
  forward(request: AccountingToForward): void;
  /** Waits a moment for what is queued, then drops and counts the rest. */
  stop(): Promise<void>;
}

export interface AccountingToForward {
  readonly packet: Packet;
  readonly receivedAt: Date;
}

export interface AccountingForwarderOptions {
  readonly client: UpstreamClient;
  readonly secret: Buffer;
  readonly metrics: UpstreamMetrics;
  readonly now: () => Date;
  /** What marks our hop in the packets; the same octets in each. */
  readonly proxyState: Buffer;
  readonly limits?: Partial<ForwarderLimits>;
}

export interface ForwarderLimits {
  /** Queued, under way and waiting for another try. */
  readonly maxQueue: number;
  readonly maxUnderWay: number;
  /** Before the second try; doubles with each, up to `maxRetryMs`. */
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** After the record's arrival. */
  readonly giveUpAfterMs: number;
  readonly drainMs: number;
}

const defaultLimits: ForwarderLimits = {
  maxQueue: 50_000,
  maxUnderWay: 512,
  firstRetryMs: 1_000,
  maxRetryMs: 30_000,
  giveUpAfterMs: 3_600_000,
  drainMs: 2_000,
};

interface Job extends AccountingToForward {
  tries: number;
}

const MESSAGE_AUTHENTICATOR = 80;
const PROXY_STATE = 33;
const ACCT_DELAY_TIME = 41;

export function createAccountingForwarder(options: AccountingForwarderOptions): AccountingForwarder {
  return new Forwarder(options);
}

class Forwarder implements AccountingForwarder {
  readonly #options: AccountingForwarderOptions;
  readonly #limits: ForwarderLimits;
  /** In order of arrival; a Set since it gives up its first element cheaply. */
  readonly #queue = new Set<Job>();
  readonly #retries = new Map<Job, NodeJS.Timeout>();
  #underWay = 0;
  #isStopped = false;
  #drained: (() => void) | undefined;

  constructor(options: AccountingForwarderOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  forward(request: AccountingToForward): void {
    if (this.#isStopped || this.#size >= this.#limits.maxQueue) {
      this.#drop(this.#isStopped ? "stopping" : "queue-full");
      return;
    }
    this.#queue.add({ ...request, tries: 0 });
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#retries.values()) clearTimeout(timer);
    for (const job of this.#retries.keys()) this.#queue.add(job);
    this.#retries.clear();
    this.#pump();
    if (this.#size > 0) await this.#drain();
    this.#drop("stopping", this.#size);
    this.#queue.clear();
  }

  get #size(): number {
    return this.#queue.size + this.#retries.size + this.#underWay;
  }

  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#limits.drainMs);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #drop(reason: string, count = 1): void {
    if (count > 0) this.#options.metrics.accountingDropped.inc({ reason }, count);
  }

  #pump(): void {
    for (const job of this.#queue) {
      if (this.#underWay >= this.#limits.maxUnderWay) break;
      this.#queue.delete(job);
      this.#underWay++;
      void this.#attempt(job);
    }
    this.#options.metrics.accountingQueued.set(this.#size);
  }

  /** Never rejects. */
  async #attempt(job: Job): Promise<void> {
    job.tries++;
    const isDone = await this.#send(job);
    this.#underWay--;
    if (!isDone) this.#retryLater(job);
    this.#pump();
    if (this.#size === 0) this.#drained?.();
  }

  /** Whether nothing is left to do about this record. */
  async #send(job: Job): Promise<boolean> {
    const { client, secret, now, proxyState } = this.#options;
    const attributes = forwardedAttributes(job, { now: now(), proxyState });
    // A changed Acct-Delay-Time makes a new request, with an identifier of its own (RFC 2866 section 5.2).
    const build = (identifier: number) =>
      encodeRequest({ code: Code.AccountingRequest, identifier, attributes, secret, messageAuthenticator: false });
    try {
      return (await client.exchange(build)).kind === "reply";
    } catch {
      // With our Proxy-State it no longer fits a packet.
      this.#drop("not-encodable");
      return true;
    }
  }

  #retryLater(job: Job): void {
    const { firstRetryMs, maxRetryMs, giveUpAfterMs } = this.#limits;
    const waitMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(job.tries - 1, 16));
    const isTooLate = this.#options.now().getTime() + waitMs - job.receivedAt.getTime() > giveUpAfterMs;
    if (this.#isStopped || isTooLate) {
      this.#drop(this.#isStopped ? "stopping" : "gave-up");
      return;
    }
    const timer = setTimeout(() => {
      this.#retries.delete(job);
      this.#queue.add(job);
      this.#pump();
    }, waitMs);
    this.#retries.set(job, timer);
  }
}

/**
 * The record as it goes on: our own Class and the NAS's Message-Authenticator are taken off, Acct-Delay-Time says how
 * long ago the event was by now, our Proxy-State comes last, all else is kept octet for octet.
 */
function forwardedAttributes(
  { packet, receivedAt }: AccountingToForward,
  { now, proxyState }: { readonly now: Date; readonly proxyState: Buffer },
): RawAttribute[] {
  const heldSeconds = Math.max(0, Math.floor((now.getTime() - receivedAt.getTime()) / 1_000));
  const kept = packet.attributes.filter(
    (attribute) => attribute.type !== MESSAGE_AUTHENTICATOR && !isClassCookie(attribute),
  );
  return [...withDelay(kept, heldSeconds), { type: PROXY_STATE, value: proxyState }];
}

function withDelay(attributes: readonly RawAttribute[], heldSeconds: number): readonly RawAttribute[] {
  if (heldSeconds === 0) return attributes;
  const isDelay = ({ type, value }: RawAttribute) => type === ACCT_DELAY_TIME && value.length === 4;
  if (!attributes.some(isDelay)) return [...attributes, { type: ACCT_DELAY_TIME, value: seconds(heldSeconds) }];
  return attributes.map((attribute) =>
    isDelay(attribute)
      ? { type: ACCT_DELAY_TIME, value: seconds(attribute.value.readUInt32BE(0) + heldSeconds) }
      : attribute,
  );
}

function seconds(count: number): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(Math.min(count, 0xffff_ffff));
  return value;
}
