/** Where a request came from and what it claims to be, all but its authenticator. */
export interface RequestOrigin {
  readonly address: string;
  readonly port: number;
  readonly code: number;
  readonly identifier: number;
}

/** A request that is being worked on; `answer` keeps its reply for duplicates, `forget` lets the next one try anew. */
export interface CachedRequest {
  answer(reply: Buffer): void;
  forget(): void;
}

export type CacheLookUp =
  | { readonly kind: "new"; readonly request: CachedRequest }
  | { readonly kind: "in-progress" }
  | { readonly kind: "answered"; readonly reply: Buffer };

export interface ReplyCacheOptions {
  readonly maxEntries: number;
  readonly keepMs: number;
}

interface Entry {
  /** One character an octet: a view would keep the whole datagram in memory. */
  readonly authenticator: string;
  readonly since: number;
  reply: Buffer | undefined;
}

/**
 * Knows a request again (RFC 5080 section 2.2.2): same source address and port, code, identifier and authenticator, within
 * a time. An identifier that comes back with another authenticator is another request, and takes the place of the old one.
 * One cache for each socket. Past its bounds it forgets the oldest.
 */
export class ReplyCache {
  readonly #options: ReplyCacheOptions;
  /** In order of arrival, oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: ReplyCacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  lookUp(origin: RequestOrigin, authenticator: Buffer, nowMs: number): CacheLookUp {
    const proof = authenticator.toString("latin1");
    const key = `${origin.address} ${origin.port} ${origin.code} ${origin.identifier}`;
    const known = this.#entries.get(key);
    const isKnown = known !== undefined && nowMs - known.since <= this.#options.keepMs && known.authenticator === proof;
    if (isKnown) return known.reply ? { kind: "answered", reply: known.reply } : { kind: "in-progress" };
    return { kind: "new", request: this.#add(key, { authenticator: proof, since: nowMs, reply: undefined }) };
  }

  #add(key: string, entry: Entry): CachedRequest {
    // Deleted first, so that it goes to the end of the order.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#forgetOld(entry.since);
    return {
      answer: (reply) => {
        entry.reply = reply;
      },
      forget: () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    };
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { since }] of this.#entries) {
      if (this.#entries.size <= this.#options.maxEntries && nowMs - since <= this.#options.keepMs) return;
      this.#entries.delete(key);
    }
  }
}
