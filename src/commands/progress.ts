/** One line on a terminal that says how far long work is; nothing where nobody watches. */
export interface Progress {
  say(text: string): void;
  /** Leaves the line empty for what comes next. */
  clear(): void;
}

const ERASE_LINE = "\r\u001b[2K";

export function createProgress(to: NodeJS.WritableStream): Progress {
  const isTerminal = "isTTY" in to && to.isTTY === true;
  if (!isTerminal) return { say: () => undefined, clear: () => undefined };
  return {
    say: (text) => {
      to.write(`${ERASE_LINE}${text}`);
    },
    clear: () => {
      to.write(ERASE_LINE);
    },
  };
}
