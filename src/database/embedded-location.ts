import { createHash, randomBytes } from "node:crypto";
import { readFile, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeOwnFolder } from "./own-folder.ts";

export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where the embedded cluster lives and as whom it runs. */
export interface EmbeddedLocation {
  /** Not made here. The folder that it is in is ours. */
  readonly cluster: string;
  /** undefined: as whoever we are. */
  readonly user?: ServiceUser;
  /** Set where the programs in node_modules cannot be reached by `user`. */
  readonly binariesCopy?: string;
}

const SYSTEM_FOLDER = "/var/lib/weir";
const FOR_ALL_TO_ENTER = 0o755;

/** PostgreSQL refuses to run as root: the system's postgres user, or nobody where there is none. */
async function serviceUser(): Promise<ServiceUser> {
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const entry = entries.find(([name]) => name === wanted);
    if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error("PostgreSQL cannot run as root, and there is no user postgres or nobody: set DATABASE_URL");
}

/** Whether a user who is nobody special can pass every folder on the way to `path`. */
async function isReachableByOthers(path: string): Promise<boolean> {
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
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

/** A cluster that somebody else made cannot be run: to give it to another user, file by file, is for a person to do. */
async function assertOwnedBy(user: ServiceUser, cluster: string): Promise<void> {
  const found = await stat(cluster).catch(() => undefined);
  if (found === undefined || found.uid === user.uid) return;
  throw new Error(
    `${cluster} belongs to the user with id ${found.uid}, and as root PostgreSQL runs as the one with id ${user.uid}: ` +
      `start Weir as the owner, or chown -R it`,
  );
}

/** Decides where the cluster of `dataFolder`, a folder of our own, lives; makes the folder that it is to be in. */
export async function embeddedLocation(dataFolder: string): Promise<EmbeddedLocation> {
  if (process.getuid?.() !== 0) return { cluster: join(dataFolder, "postgres") };
  const user = await serviceUser();
  const programs = fileURLToPath(new URL("../../node_modules", import.meta.url));
  if ((await isReachableByOthers(dataFolder)) && (await isReachableByOthers(programs).catch(() => false))) {
    const cluster = join(dataFolder, "postgres");
    await assertOwnedBy(user, cluster);
    return { cluster, user };
  }
  const folder = await systemLocation(dataFolder);
  await makeOwnFolder(SYSTEM_FOLDER, FOR_ALL_TO_ENTER);
  await makeOwnFolder(folder, FOR_ALL_TO_ENTER);
  const cluster = join(folder, "cluster");
  await assertOwnedBy(user, cluster);
  return { cluster, user, binariesCopy: join(folder, "binaries") };
}
