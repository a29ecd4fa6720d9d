import type { Config } from "../../config/config.ts";
import { configuredPorts } from "./configured-ports.ts";

/** A sentence for each configured port that is taken: who has to choose others wants to hear of all at once. */
export async function takenPorts(config: Config): Promise<string[]> {
  const tried = await Promise.all(
    configuredPorts(config).map(async ({ place, variable, state }) => ({ place, variable, is: await state() })),
  );
  return tried
    .filter(({ is }) => is === "EADDRINUSE")
    .map(
      ({ place, variable }) =>
        `${place} is taken by another program, or by another Weir: set ${variable}, or WEIR_HOST`,
    );
}
