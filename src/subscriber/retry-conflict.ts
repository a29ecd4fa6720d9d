/** Another transaction changed the same rows meanwhile: doing it again from the start is right. */
export class ConflictError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConflictError";
  }
}

const TRIES = 5;

/** PostgreSQL: deadlock, serialization failure, a unique key taken meanwhile, a row that was referred to is gone. */
const passing = new Set(["40P01", "40001", "23505", "23503"]);

const isPassing = (error: unknown): boolean =>
  error instanceof ConflictError || passing.has(String((error as { code?: unknown }).code));

/** Runs `work` (a whole transaction) again when it only lost a race, a few times. */
export async function retryingConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === TRIES || !isPassing(error)) throw error;
    }
  }
}
