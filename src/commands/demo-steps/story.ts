import { setTimeout } from "node:timers/promises";
import { visibleText } from "../visible-text.ts";
import { DemoFailure } from "./demo-failure.ts";
import { wrapped } from "./wrapped.ts";

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
/** Below that a line has no room beside the margin: the terminal may break it as it likes. */
const LEAST_COLUMNS = 60;

/** How wide the terminal is; what is read by something else is not broken. */
const columnsOf = (out: NodeJS.WritableStream): number =>
  "columns" in out && typeof out.columns === "number" && out.columns >= LEAST_COLUMNS
    ? out.columns
    : Number.POSITIVE_INFINITY;

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
  /** What does not fit goes on under the text. The width is asked for each time: it changes with the window. */
  const writeBeside = (left: string, text: string): void => {
    const [first = "", ...more] = wrapped(text, columnsOf(out) - MARGIN.length);
    write(left + first);
    for (const line of more) write(MARGIN + line);
  };
  const tell = (text: string, at = new Date()) =>
    writeBeside(`${timeOfDay(at)} ${`+${elapsed(at.getTime())}`.padStart(9)}  `, text);
  const verify: Story["verify"] = (claim, holds, found) => {
    if (!holds) {
      const seen = found === undefined ? "" : `; found: ${JSON.stringify(found)}`;
      throw new DemoFailure(`${claim}${seen}`);
    }
    verified += 1;
    writeBeside(MARGIN, `✓ ${claim}`);
  };
  return {
    chapter: (title) => {
      chapters += 1;
      write("");
      const line = `── ${chapters}  ${title} ${"─".repeat(Math.max(0, WIDTH - title.length))}`;
      write(line.slice(0, columnsOf(out)));
    },
    tell,
    detail: (...lines) => {
      for (const line of lines) writeBeside(MARGIN, line);
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
