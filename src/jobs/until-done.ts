/**
 * Does something in portions until a portion was not full, or the signal says to end: so that no statement holds its
 * locks for long. Returns how many in all.
 */
export async function untilDone(
  { signal, portion }: { readonly signal: AbortSignal; readonly portion: number },
  some: (limit: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  let done = portion;
  while (done === portion && !signal.aborted) {
    done = await some(portion);
    total += done;
  }
  return total;
}
