import { HEARD_SLOT_MS, type HeardSlot } from "./heard-nas-store.ts";

/** Remembers which NASes were heard in the present span of time, so that each is written down once in it. */
export class HeardNases {
  readonly #mark: (slots: readonly HeardSlot[]) => Promise<void>;
  readonly #newest = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();

  constructor(mark: (slots: readonly HeardSlot[]) => Promise<void>) {
    this.#mark = mark;
  }

  /** These were recorded. What cannot be written only makes sessions last longer, so nobody waits for it. */
  note(records: readonly { readonly nasId: string; readonly receivedAt: Date }[]): void {
    const fresh = new Map<string, number>();
    for (const { nasId, receivedAt } of records) {
      const slot = Math.floor(receivedAt.getTime() / HEARD_SLOT_MS) * HEARD_SLOT_MS;
      if (slot <= (this.#newest.get(nasId) ?? Number.NEGATIVE_INFINITY)) continue;
      this.#newest.set(nasId, slot);
      fresh.set(nasId, slot);
    }
    if (fresh.size === 0) return;
    const slots = [...fresh].map(([nasId, slot]) => ({ nasId, slot: new Date(slot) }));
    this.#writing = this.#writing.then(() => this.#mark(slots)).catch(() => this.#forget(fresh));
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    await this.#writing;
  }

  #forget(slots: ReadonlyMap<string, number>): void {
    for (const [nasId, slot] of slots) if (this.#newest.get(nasId) === slot) this.#newest.delete(nasId);
  }
}
