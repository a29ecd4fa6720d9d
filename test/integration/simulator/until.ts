import { setTimeout } from "node:timers/promises";

const LOOK_EVERY_MS = 20;

/** Looks again and again; rejects when it has not come true within the limit. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${holds}`);
    await setTimeout(LOOK_EVERY_MS);
  }
}
