import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CommandIo } from "./command-io.ts";
import { interruption } from "./interruption.ts";

const program = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

/** The bench is no part of what is installed to run: it works from a clone, and starts servers of its own. */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  if (!existsSync(program)) {
    io.stderr.write("weir bench: only in a clone of the repository; its bench/ folder is not here\n");
    return 1;
  }
  const child = spawn(process.execPath, [program, ...args], { stdio: "inherit" });
  const interrupted = interruption();
  // It ends its servers first. A terminal's Ctrl-C reaches it without us, and hearing of it twice changes nothing.
  void interrupted.ending.then(() => child.kill("SIGTERM"));
  const [code] = (await once(child, "exit")) as [number | null];
  interrupted.forget();
  return code ?? 1;
}
