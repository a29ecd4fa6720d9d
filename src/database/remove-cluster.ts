import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, rmdir } from "node:fs/promises";
import type { ServiceUser } from "./embedded-location.ts";
import { programEnvironment } from "./program-environment.ts";

const REMOVE_LIMIT_MS = 30_000;

/**
 * Removes a cluster's folder, of which `user` is the owner (undefined: we are). What is in it, its owner removes: they might
 * put a link to elsewhere in place of a folder while root goes through it. Rejects when something stays.
 */
export async function removeCluster(cluster: string, user: ServiceUser | undefined): Promise<void> {
  if (!user) return await rm(cluster, { recursive: true, force: true, maxRetries: 5 });
  const options = { ...user, cwd: "/", env: programEnvironment(), stdio: "ignore", timeout: REMOVE_LIMIT_MS } as const;
  // It ends with 1, since the folder itself is in one of ours, and with that all is said.
  await once(spawn("rm", ["-rf", "--", cluster], options), "exit");
  await rmdir(cluster).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
