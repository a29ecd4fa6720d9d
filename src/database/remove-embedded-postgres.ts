import { lstat, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { embeddedLocation } from "./embedded-location.ts";
import { removeCluster } from "./remove-cluster.ts";

/** Removes what belongs to the ended PostgreSQL of a data folder that is to be removed itself. */
export async function removeEmbeddedPostgres(dataFolder: string): Promise<void> {
  const wasMade = await lstat(join(dataFolder, "postgres")).then(
    () => true,
    () => false,
  );
  if (!wasMade) return;
  const { cluster, user, binariesCopy } = await embeddedLocation(dataFolder);
  await removeCluster(cluster, user);
  // Somewhere else, in a folder that is for nothing else.
  if (binariesCopy !== undefined) await rm(dirname(cluster), { recursive: true, force: true });
}
