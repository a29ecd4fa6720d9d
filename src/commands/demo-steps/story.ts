import { setTimeout } from "node:timers/promises";
import { visibleText } from "../visible-text.ts";
import { DemoFailure } from "./demo-failure.ts";

/** What the demo shows, line by line, as it happens. */
export interface Story {
  chapter(title: string): void;
  /** Something happened, now or at `at`: with the time of day, and the time since the beginning. */
  tell(text: string, at?: Date): void;
  /** More about it. */
  detail(...lines: readonly string[]): void;
  /** A claim that was checked; throws DemoFailure where it does not hold. */
  verify(claim: string, holds: boolean, found?: unknown): void;
  /** Looks until it finds something; throws DemoFailure after the limit. */
  wait<Found>(claim: string, look: () => Promise<Found | undefined>, limitMs?: number): Promise<Found>;
  verifiedCount(): number;
  elapsedText(): string;
}

const LOOK_EVERY_MS = 25;
const LIMIT_MS = 10_000;
const MARGIN = " ".repeat(24);
const WIDTH = 110;

const timeOfDay = (time: Date): string => {
  const [hours, minutes, seconds] = [time.getHours(), time.getMinutes(), time.getSeconds()];
  const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, "0")).join(":");
  return `${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
};

export function createStory(out: NodeJS.WritableStream): Story {
  const beganAt = Date.now();
  let chapters = 0;
  let verified = 0;
  const elapsed = (at = Date.now()) => `${(Math.max(0, at - beganAt) / 1000).toFixed(2)} s`;
  const write = (line: string): void => {
    out.write(`${visibleText(line)}\n`);
  };
  const tell = (text: string, at = new Date()) =>
    write(`${timeOfDay(at)} ${`+${elapsed(at.getTime())}`.padStart(9)}  ${text}`);
  const verify: Story["verify"] = (claim, holds, found) => {
    if (!holds) {
      const seen = found === undefined ? "" : `; found: ${JSON.stringify(found)}`;
      throw new DemoFailure(`${claim}${seen}`);
    }
    verified += 1;
    write(`${MARGIN}✓ ${claim}`);
  };
  return {
    chapter: (title) => {
      chapters += 1;
      write("");
      write(`── ${chapters}  ${title} ${"─".repeat(Math.max(0, WIDTH - title.length))}`);
    },
    tell,
    detail: (...lines) => {
      for (const line of lines) write(`${MARGIN}${line}`);
    },
    verify,
    wait: async (claim, look, limitMs = LIMIT_MS) => {
      const deadline = performance.now() + limitMs;
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        if (performance.now() > deadline) throw new DemoFailure(`${claim}: not within ${limitMs / 1000} s`);
        await setTimeout(LOOK_EVERY_MS);
      }
    },
    verifiedCount: () => verified,
    elapsedText: () => elapsed(),
  };
}
