import { setTimeout as wait } from "node:timers/promises";

/** PostgreSQL ended one of two transactions that waited for each other, or could not put them in an order. */
const lostRaces: ReadonlySet<unknown> = new Set(["40P01", "40001"]);

const hasLostRace = (error: unknown): boolean => lostRaces.has((error as { readonly code?: unknown } | null)?.code);

const TRIES = 6;
const LONGEST_FIRST_WAIT_MS = 20;

/**
 * Runs `work`, a whole transaction that was rolled back when it rejects, again when it only lost a race, a few times. The
 * waits are random and get longer, so that those that met do not meet again. `random`: 0 to 1.
 */
export async function retryingDeadlocks<T>(work: () => Promise<T>, random: () => number): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (tried === TRIES || !hasLostRace(error)) throw error;
      await wait(random() * LONGEST_FIRST_WAIT_MS * 2 ** (tried - 1));
    }
  }
}
