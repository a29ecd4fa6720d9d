import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { programToRun } from "./peers.ts";

const run = promisify(execFile);

export interface RadclientRequest {
  /** "Name = value" each. */
  readonly attributes: readonly string[];
  readonly kind: "auth" | "acct" | "status" | "coa" | "disconnect";
  readonly port: number;
  readonly secret: string;
  /** For an answer to each of up to three datagrams; 5 unless silence is what is expected. */
  readonly waitSeconds?: number;
}

/** FreeRADIUS's radclient: its output from the answer on, with the answer's attributes; "" when none came. */
export async function radclient(request: RadclientRequest): Promise<string> {
  const { attributes, kind, port, secret, waitSeconds = 5 } = request;
  const folder = await mkdtemp(join(tmpdir(), "weir-radclient-"));
  const file = join(folder, "request");
  await writeFile(file, `${attributes.join("\n")}\n`);
  const args = ["-x", "-r", "3", "-t", `${waitSeconds}`, "-f", file, `127.0.0.1:${port}`, kind, secret];
  // It exits 1 on a Reject, which is an answer too.
  const { stdout } = await run(programToRun("radclient"), args).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  await rm(folder, { recursive: true, force: true });
  const at = stdout.indexOf("Received ");
  return at < 0 ? "" : stdout.slice(at);
}
