/** Why a command is to end before its work is done: a signal, or nobody reads what it writes any more (`| head -1`). */
export type Ending = "SIGINT" | "SIGTERM" | "output-closed";

export interface Interruption {
  /** Resolves with the first reason to end. */
  readonly ending: Promise<Ending>;
  forget(): void;
}

const signals = ["SIGINT", "SIGTERM"] as const;

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
  output?.on("error", onError);
  const forget = () => {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler);
    output?.removeListener("error", onError);
  };
  return { ending: promise, forget };
}
