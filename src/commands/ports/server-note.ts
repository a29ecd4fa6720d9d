import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ports } from "../../server.ts";

/** What a server leaves in its data folder for as long as it runs: which process it is, and what it bound. */
export interface ServerNote {
  readonly pid: number;
  /** In seconds since 1970, as its metric process_start_time_seconds has it. */
  readonly startedAt: number;
  readonly host: string;
  readonly ports: Ports;
}

const pathIn = (dataDir: string): string => join(dataDir, "server.json");

/** The note of this process. A data folder that cannot be written to has none; that is no reason not to run. */
export async function noteServer(dataDir: string, { host, ports }: Pick<ServerNote, "host" | "ports">): Promise<void> {
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  const note: ServerNote = { pid: process.pid, startedAt, host, ports };
  await writeFile(pathIn(dataDir), `${JSON.stringify(note)}\n`).catch(() => undefined);
}

/** undefined: there is none, or none that can be read. One that was killed leaves its own behind. */
export async function serverNote(dataDir: string): Promise<ServerNote | undefined> {
  try {
    const note: ServerNote = JSON.parse(await readFile(pathIn(dataDir), "utf8"));
    return typeof note.host === "string" && typeof note.ports?.http === "number" ? note : undefined;
  } catch {
    return undefined;
  }
}

/** Takes this process's note away; another one's stays: two servers may share a folder where the database is elsewhere. */
export async function forgetServer(dataDir: string): Promise<void> {
  const note = await serverNote(dataDir);
  if (note?.pid === process.pid) await rm(pathIn(dataDir), { force: true }).catch(() => undefined);
}
