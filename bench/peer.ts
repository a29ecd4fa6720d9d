import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { BenchOptions } from "./bench-options.ts";
import { readRadloadFigures } from "./generator.ts";
import { median } from "./median.ts";

export interface PeerResult {
  readonly accounting: number;
  readonly access: number;
  readonly lines: readonly string[];
}

const execute = promisify(execFile);
const LIMIT_MS = 600_000;

/** Another server under the same load, measured on the same machine a moment before. */
export async function measurePeer(script: string, options: BenchOptions): Promise<PeerResult> {
  const args = [options.sessions, options.packets, options.inFlight].map(String);
  const { stdout } = await execute(script, args, { timeout: LIMIT_MS });
  const lines = stdout.trim().split("\n");
  const middle = (kind: string) =>
    median(lines.filter((line) => line.startsWith(`${kind} `)).map((line) => readRadloadFigures(line).perSecond));
  return { accounting: middle("acct"), access: middle("auth"), lines };
}
