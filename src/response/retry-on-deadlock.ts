/** PostgreSQL ended one of two transactions that waited for each other (40P01), or could not put them in an order (40001). */
const isDeadlock = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "40001");

const ATTEMPTS = 5;

/** Two reports that name the same customers in different orders may meet; whoever was ended starts afresh. */
export async function retryOnDeadlock<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isDeadlock(error) || attempt === ATTEMPTS) throw error;
    }
  }
}
