import { isStartedByNpx } from "../config/started-by-npx.ts";

/** Why a command is to end before its work is done: a signal, or nobody reads what it writes any more (`| head -1`). */
export type Ending = "SIGINT" | "SIGTERM" | "output-closed";

export interface Interruption {
  /** Resolves with the first reason to end. */
  readonly ending: Promise<Ending>;
  forget(): void;
}

const signals = ["SIGINT", "SIGTERM"] as const;
const LOOK_EVERY_MS = 200;

/**
 * SIGTERM to npx ends its shell and does not reach us: that the shell is gone is how we hear of it. Only under npx, since
 * whoever starts us otherwise may well end before us (`nohup`). Returns how to stop looking.
 */
function onceNpxEnds(told: () => void): () => void {
  if (!isStartedByNpx()) return () => undefined;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== shell) told();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * From here on neither Ctrl-C nor a closed `output` ends the process by itself: whoever asked gives back first what was
 * opened. Later signals change nothing: under npm and npx Ctrl-C comes twice, from the terminal and from them.
 */
export function interruption(output?: NodeJS.WritableStream): Interruption {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") resolve("output-closed");
  };
  const handlers = signals.map((signal) => ({ signal, handler: () => resolve(signal) }));
  for (const { signal, handler } of handlers) process.on(signal, handler);
  const stopLooking = onceNpxEnds(() => resolve("SIGTERM"));
  output?.on("error", onError);
  const forget = () => {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler);
    stopLooking();
    output?.removeListener("error", onError);
  };
  return { ending: promise, forget };
}
