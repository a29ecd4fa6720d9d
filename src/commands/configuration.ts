import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import type { CommandIo } from "./command-io.ts";

/** The configuration; undefined: it is wrong, and everything that is wrong with it was said. */
export function configuration(io: CommandIo): Config | undefined {
  const parsed = readConfig();
  if (parsed.ok) return parsed.config;
  io.stderr.write(parsed.problems.map((problem) => `weir: ${problem}\n`).join(""));
  return undefined;
}
