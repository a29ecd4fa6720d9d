import type { Demo } from "./demo-context.ts";
import type { Gardened } from "./other-reports-chapter.ts";
import { showRelease } from "./show-release.ts";

/** Everybody who is held back still is let out, and the BNG holds nobody back in the end. */
export async function liftingChapter(demo: Demo, gardened: readonly Gardened[]): Promise<void> {
  const { story, bng } = demo;
  story.chapter("Out of the garden again");
  for (const one of gardened) await showRelease(demo, one);
  const held = bng.lines().filter(({ inForce }) => inForce.garden !== undefined);
  story.verify(
    `nobody is in the garden any more: ${bng.sessionCount()} of ${bng.lines().length} lines are online`,
    held.length === 0,
    held,
  );
}
