import type { BngOptions } from "./bng-options.ts";
import { Line, type LineParts } from "./line.ts";

/** The lines of one BNG: each by its number, all of them when it boots and when it goes down. */
export interface LineBank {
  line(number: number): Line | undefined;
  all(): readonly Line[];
  /** Starts every line's login, so many a second. */
  loginAll(): void;
  /** No session is left, nor a login that has not begun. */
  dropAll(): void;
}

const numbersOf = ({ firstLine, lines }: BngOptions): number[] =>
  Array.from({ length: lines }, (_, index) => firstLine + index);

export function createLineBank(parts: LineParts): LineBank {
  const { clock, loginsPerSecond } = parts.options;
  const lines = new Map(numbersOf(parts.options).map((number) => [number, new Line(number, parts)]));
  const due = new Set<() => void>();
  const loginAfter = (line: Line, ms: number): void => {
    const cancel = clock.after(ms, () => {
      due.delete(cancel);
      void line.login();
    });
    due.add(cancel);
  };
  return {
    line: (number) => lines.get(number),
    all: () => [...lines.values()],
    loginAll: () => {
      for (const [index, line] of [...lines.values()].entries()) loginAfter(line, (index * 1000) / loginsPerSecond);
    },
    dropAll: () => {
      for (const cancel of due) cancel();
      due.clear();
      for (const line of lines.values()) line.drop();
    },
  };
}
