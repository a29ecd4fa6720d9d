import { type ChildProcess, spawn } from "node:child_process";
import { chown, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { EmbeddedLocation } from "./embedded-location.ts";

export interface NewCluster {
  /** The program. */
  readonly initdb: string;
  readonly location: EmbeddedLocation;
  /** The database's first user, and their password. */
  readonly user: string;
  readonly password: string;
}

const INITDB_LIMIT_MS = 50_000;

/** Resolves with the exit code once the program has ended. */
const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });

/**
 * Made beside its place and moved there when whole, since a killed start must not leave half a cluster in it. For who
 * holds the lock on the data folder only: what lies beside the place was left by a start that was killed.
 */
export async function initialiseCluster(wanted: NewCluster): Promise<void> {
  const { cluster, user } = wanted.location;
  const beside = `${basename(cluster)}.new-`;
  const folder = dirname(cluster);
  for (const left of (await readdir(folder)).filter((name) => name.startsWith(beside)))
    await rm(join(folder, left), { recursive: true, force: true, maxRetries: 5 });
  const scratch = await mkdtemp(join(folder, beside));
  try {
    if (user) await chown(scratch, user.uid, user.gid);
    const fresh = join(scratch, "cluster");
    await runInitdb(wanted, { fresh, passwordFile: join(scratch, "password") });
    await rename(fresh, cluster);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runInitdb(
  { initdb, location, user, password }: NewCluster,
  { fresh, passwordFile }: { fresh: string; passwordFile: string },
): Promise<void> {
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (location.user) await chown(passwordFile, location.user.uid, location.user.gid);
  const child = spawn(
    initdb,
    [
      `--pgdata=${fresh}`,
      `--username=${user}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--no-instructions",
    ],
    { ...location.user, cwd: "/", stdio: ["ignore", "ignore", "pipe"], timeout: INITDB_LIMIT_MS },
  );
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  if ((await ended(child)) !== 0) throw new Error(`initdb failed: ${complaint.trim()}`);
}
