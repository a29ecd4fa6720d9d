export interface Interruption {
  /** Resolves with the first signal that asks to stop. */
  readonly signal: Promise<NodeJS.Signals>;
  forget(): void;
}

/** From here on Ctrl-C doesn't end the process by itself: whoever asked gives back first what was opened. */
export function interruption(): Interruption {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
  const forget = () => {
    process.removeListener("SIGINT", resolve);
    process.removeListener("SIGTERM", resolve);
  };
  return { signal: promise, forget };
}
