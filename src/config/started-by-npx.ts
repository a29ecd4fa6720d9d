/** Whether npx started this process. It does that through a shell of its own, which hands on no signal. */
export const isStartedByNpx = (environment: Readonly<Record<string, string | undefined>> = process.env): boolean =>
  environment["npm_lifecycle_event"] === "npx";
