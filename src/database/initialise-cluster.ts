import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { EmbeddedLocation, ServiceUser } from "./embedded-location.ts";
import { programEnvironment } from "./program-environment.ts";
import { removeCluster } from "./remove-cluster.ts";

export interface NewCluster {
  /** The program. */
  readonly initdb: string;
  readonly location: EmbeddedLocation;
  /** The database's first user, and their password. */
  readonly user: string;
  readonly password: string;
  /** Aborted: not wanted any more. */
  readonly signal?: AbortSignal;
}

const INITDB_LIMIT_MS = 50_000;

interface Scratch {
  /** Ours, also where another user runs PostgreSQL: root writes nothing where they choose what the names lead to. */
  readonly folder: string;
  readonly passwordFile: string;
  /** Theirs. */
  readonly fresh: string;
}

const scratchIn = (folder: string): Scratch => ({
  folder,
  passwordFile: join(folder, "password"),
  fresh: join(folder, "cluster"),
});

async function fill({ folder, passwordFile, fresh }: Scratch, { location, password }: NewCluster): Promise<void> {
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: "wx" });
  await mkdir(fresh, { mode: 0o700 });
  if (!location.user) return;
  const { uid, gid } = location.user;
  await chown(passwordFile, uid, gid);
  await chown(fresh, uid, gid);
  await chmod(folder, 0o711);
}

/** What stays of it is in nobody's way. */
async function remove({ folder, passwordFile, fresh }: Scratch, user: ServiceUser | undefined): Promise<void> {
  await rm(passwordFile, { force: true });
  await removeCluster(fresh, user).catch(() => undefined);
  await rmdir(folder).catch(() => undefined);
}

/**
 * Made beside its place and moved there when whole, since a killed start must not leave half a cluster in it. For who
 * holds the lock on the data folder only: what lies beside the place was left by a start that was killed.
 */
export async function initialiseCluster(wanted: NewCluster): Promise<void> {
  const { cluster, user } = wanted.location;
  const beside = `${basename(cluster)}.new-`;
  const folder = dirname(cluster);
  for (const left of (await readdir(folder)).filter((name) => name.startsWith(beside)))
    await remove(scratchIn(join(folder, left)), user);
  const scratch = scratchIn(await mkdtemp(join(folder, beside)));
  try {
    await fill(scratch, wanted);
    await runInitdb(scratch, wanted);
    await rename(scratch.fresh, cluster);
  } finally {
    await remove(scratch, user);
  }
}

async function runInitdb({ fresh, passwordFile }: Scratch, { initdb, location, user, signal }: NewCluster) {
  signal?.throwIfAborted();
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
    {
      ...location.user,
      cwd: "/",
      env: programEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
      timeout: INITDB_LIMIT_MS,
    },
  );
  const end = () => child.kill();
  signal?.addEventListener("abort", end);
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  try {
    // Rejects with the error where it cannot be started.
    const [code] = await once(child, "exit");
    signal?.throwIfAborted();
    if (code !== 0) throw new Error(`initdb failed: ${complaint.trim()}`);
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
