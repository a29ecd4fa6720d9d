import { setTimeout as wait } from "node:timers/promises";

/** Another transaction changed the same rows meanwhile: doing it again from the start is right. */
export class ConflictError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConflictError";
  }
}

const TRIES = 8;
const LONGEST_FIRST_WAIT_MS = 10;

/** PostgreSQL: deadlock, serialization failure, a unique key taken meanwhile, a row that was referred to is gone. */
const passing = new Set(["40P01", "40001", "23505", "23503"]);

const isPassing = (error: unknown): boolean =>
  error instanceof ConflictError || passing.has(String((error as { code?: unknown }).code));

/**
 * Runs `work` (a whole transaction) again when it only lost a race, a few times, after waits that are random and get longer.
 * `random`: 0 to 1.
 */
export async function retryingConflicts<T>(work: () => Promise<T>, random: () => number = Math.random): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === TRIES || !isPassing(error)) throw error;
      await wait(random() * LONGEST_FIRST_WAIT_MS * 2 ** (tried - 1));
    }
  }
}
