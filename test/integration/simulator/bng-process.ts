import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const main = resolve(import.meta.dirname, "../../../src/main.ts");

/** `weir bng` as a program of its own. */
export function bng(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [main, "bng", ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  const exited = once(child, "close").then(() => child.exitCode);
  return {
    said: () => said,
    /** Of its standard output alone. */
    out: () => out,
    signal: (name: NodeJS.Signals) => child.kill(name),
    closeOutput: () => child.stdout.destroy(),
    type: (line: string) => child.stdin.write(`${line}\n`),
    exited,
    stop: async () => {
      if (child.exitCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}
