import { createHash, randomBytes } from "node:crypto";
import { chown, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the embedded cluster lives and as whom it runs. */
export interface EmbeddedLocation {
  readonly cluster: string;
  /** undefined: as whoever we are. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Set where the programs in node_modules cannot be reached by `user`. */
  readonly binariesCopy?: string;
}

const SYSTEM_FOLDER = "/var/lib/weir";

/** PostgreSQL refuses to run as root: the system's postgres user, or nobody where there is none. */
async function serviceUser(): Promise<{ uid: number; gid: number }> {
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const entry = entries.find(([name]) => name === wanted);
    if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error("PostgreSQL cannot run as root, and there is no user postgres or nobody: set DATABASE_URL");
}

/** Whether a user who is nobody special can pass every folder on the way to `path`. */
async function isReachableByOthers(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Under a folder that only root may enter (a clone in /root), neither data nor programs can be used by another user:
 * both go below /var/lib/weir then. The token in the data folder ties the two together, so that a fresh data folder
 * never meets an old cluster.
 */
async function systemLocation(dataFolder: string): Promise<string> {
  const tokenFile = join(dataFolder, "postgres-location");
  const known = await readFile(tokenFile, "utf8").catch(() => undefined);
  if (known) return known.trim();
  const token = createHash("sha256").update(resolve(dataFolder)).update(randomBytes(16)).digest("hex").slice(0, 16);
  const folder = join(SYSTEM_FOLDER, token);
  await writeFile(tokenFile, `${folder}\n`);
  await symlink(join(folder, "cluster"), join(dataFolder, "postgres")).catch(() => undefined);
  return folder;
}

/** Decides where the cluster of `dataFolder` lives; makes the folder for it, owned by who will run it. */
export async function embeddedLocation(dataFolder: string): Promise<EmbeddedLocation> {
  await mkdir(dataFolder, { recursive: true });
  if (process.getuid?.() !== 0) return { cluster: join(dataFolder, "postgres") };
  const user = await serviceUser();
  const ours = fileURLToPath(new URL("../../node_modules", import.meta.url));
  if ((await isReachableByOthers(dataFolder)) && (await isReachableByOthers(ours).catch(() => false))) {
    const cluster = join(dataFolder, "postgres");
    await mkdir(cluster, { recursive: true, mode: 0o700 });
    await chown(cluster, user.uid, user.gid);
    return { cluster, user };
  }
  const folder = await systemLocation(dataFolder);
  await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const cluster = join(folder, "cluster");
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  await chown(cluster, user.uid, user.gid);
  return { cluster, user, binariesCopy: join(folder, "binaries") };
}
