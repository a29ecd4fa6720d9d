import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, rmdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceUser } from "./embedded-location.ts";
import { programEnvironment } from "./program-environment.ts";

const REMOVE_LIMIT_MS = 30_000;
const RETRIES = 5;
const RETRY_AFTER_MS = 200;

/**
 * Removes a cluster's folder, of which `user` is the owner (undefined: we are). What is in it, its owner removes: they might
 * put a link to elsewhere in place of a folder while root goes through it. Rejects when something stays.
 */
export async function removeCluster(cluster: string, user: ServiceUser | undefined): Promise<void> {
  if (!user) return await rm(cluster, { recursive: true, force: true, maxRetries: RETRIES });
  const options = { ...user, cwd: "/", env: programEnvironment(), stdio: "ignore", timeout: REMOVE_LIMIT_MS } as const;
  for (let tries = 1; ; tries++) {
    // It ends with 1, since the folder itself is in one of ours.
    await once(spawn("rm", ["-rf", "--", cluster], options), "exit");
    const left = await rmdir(cluster).catch((error: NodeJS.ErrnoException) => error);
    if (left === undefined || left.code === "ENOENT") return;
    // The initdb of a start that was killed may still be writing.
    if (tries > RETRIES) throw left;
    await delay(RETRY_AFTER_MS);
  }
}
