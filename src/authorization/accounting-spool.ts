import type { Queryable } from "../database/database.ts";
import { Batch } from "./batch.ts";
import {
  countRecords,
  deleteOldRecords,
  deleteRecords,
  type HeldRecord,
  putOffRecords,
  type RecordToForward,
  renewLeases,
  storeRecords,
  takeDueRecords,
} from "./forwarded-accounting-store.ts";

export interface SpoolLimits {
  /** In the database, of all nodes together. */
  readonly maxStored: number;
  /** In this process's hands; the others wait for whoever has room. */
  readonly maxHeld: number;
  /** After the record's arrival. */
  readonly giveUpAfterMs: number;
  /** So long after a process died its records are taken up by another one, or by the next. */
  readonly leaseMs: number;
}

export type Added =
  | { readonly kind: "held"; readonly record: HeldRecord }
  /** In the database, for whoever has room first. */
  | { readonly kind: "waiting" }
  | { readonly kind: "full" };

interface Addition extends RecordToForward {
  readonly leaseMs: number;
}

const PORTION = 1_000;
const STORE_WAIT_MS = 10_000;

/** Accounting to be forwarded, kept in the database until it was: what is taken in outlives the process. */
export class AccountingSpool {
  readonly #on: Queryable;
  readonly #limits: SpoolLimits;
  readonly #store: Batch<Addition, string>;
  readonly #held = new Set<string>();
  /** To be deleted, and to be given back with the milliseconds until the next try: in the next statement. */
  #settled: string[] = [];
  #putOff = new Map<string, number>();
  /** Room that is promised to records on their way into the database. */
  #promised = 0;
  #stored = 0;
  #renewedAt = performance.now();
  #flushing: Promise<void> | undefined;

  constructor(on: Queryable, limits: SpoolLimits) {
    this.#on = on;
    this.#limits = limits;
    this.#store = new Batch({
      run: (additions) =>
        storeRecords(
          on,
          additions,
          additions.map(({ leaseMs }) => leaseMs),
        ),
      maxBatch: PORTION,
      maxQueue: 20_000,
      maxWaitMs: STORE_WAIT_MS,
      maxUnderWay: 2,
    });
  }

  /** As of the last `tend`, of all nodes. */
  get stored(): number {
    return this.#stored;
  }

  /** Resolves once the record is durable; rejects if it is not known to be. `isWanted`: here, if there is room. */
  async add(record: RecordToForward, isWanted: boolean): Promise<Added> {
    if (this.#stored >= this.#limits.maxStored) return { kind: "full" };
    const isHeld = isWanted && this.#room > 0;
    const leaseMs = isHeld ? this.#limits.leaseMs : 0;
    if (isHeld) this.#promised++;
    try {
      const id = await this.#store.ask({ ...record, leaseMs });
      if (!isHeld) return { kind: "waiting" };
      this.#held.add(id);
      return { kind: "held", record: { ...record, id, tries: 0 } };
    } finally {
      if (isHeld) this.#promised--;
    }
  }

  /** What is due and fits. */
  async take(): Promise<HeldRecord[]> {
    const room = Math.min(PORTION, this.#room);
    if (room <= 0) return [];
    this.#promised += room;
    try {
      const taken = await takeDueRecords(this.#on, room, this.#limits.leaseMs);
      // A lease of ours that ran out while the database was away: it is in our hands already.
      const fresh = taken.filter(({ id }) => !this.#held.has(id));
      for (const { id } of fresh) this.#held.add(id);
      return fresh;
    } finally {
      this.#promised -= room;
    }
  }

  /** Nothing is left to do about this record. */
  settle(id: string): void {
    this.#settled.push(id);
  }

  /** The record is tried again, by whoever is free then. */
  putOff(id: string, waitMs: number): void {
    this.#putOff.set(id, waitMs);
  }

  /** Forgets a record that is too old: `tend` deletes it. */
  forget(id: string): void {
    this.#held.delete(id);
  }

  /** Writes down what was settled and put off; what cannot be is tried again with the next. */
  async flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#settled.length > 0) {
      const ids = this.#settled.slice(0, PORTION);
      await deleteRecords(this.#on, ids);
      this.#settled = this.#settled.slice(ids.length);
      for (const id of ids) this.#held.delete(id);
    }
    if (this.#putOff.size === 0) return;
    const ids = [...this.#putOff.keys()];
    await putOffRecords(this.#on, ids, { waitsMs: [...this.#putOff.values()], failed: 1 });
    for (const id of ids) {
      this.#putOff.delete(id);
      this.#held.delete(id);
    }
  }

  /** Keeps what is held, deletes what came before `before`, and counts. Returns how many were deleted. */
  async tend(before: Date): Promise<number> {
    await this.flush();
    await this.#renew();
    let gone = 0;
    for (let portion = PORTION; portion === PORTION; gone += portion)
      portion = await deleteOldRecords(this.#on, before, PORTION);
    this.#stored = await countRecords(this.#on, this.#limits.maxStored);
    return gone;
  }

  /** A third of the lease is early enough, also when one time fails. */
  async #renew(): Promise<void> {
    const at = performance.now();
    if (at - this.#renewedAt < this.#limits.leaseMs / 3) return;
    if (this.#held.size > 0) await renewLeases(this.#on, [...this.#held], this.#limits.leaseMs);
    this.#renewedAt = at;
  }

  /** Gives back what is held, at once, and what was settled is settled. Nothing may be added any more. */
  async stop(): Promise<void> {
    this.#store.stop();
    await this.flush();
    const ids = [...this.#held];
    if (ids.length === 0) return;
    await putOffRecords(this.#on, ids, { waitsMs: ids.map(() => 0), failed: 0 });
  }

  get #room(): number {
    return this.#limits.maxHeld - this.#held.size - this.#promised;
  }
}
