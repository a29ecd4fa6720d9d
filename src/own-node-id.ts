import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { takeSessionLock } from "./database/session-lock.ts";
import { storedKey } from "./secrets/stored-key.ts";

export interface OwnNodeId {
  readonly id: string;
  release(): Promise<void>;
}

export interface OwnNodeIdOptions {
  readonly dataDir: string;
  readonly databaseUrl: string;
}

const PATIENCE_MS = 1_000;

/**
 * Names this server among those on its database: the same after a restart, so that what the process before left under way
 * is taken up at once. Where another server runs on the same data folder that name is its own, and this one has a new name
 * for as long as it runs: what it leaves is taken up when its leases are over.
 */
export async function ownNodeId({ dataDir, databaseUrl }: OwnNodeIdOptions): Promise<OwnNodeId> {
  const { text } = await storedKey(join(dataDir, "node-id"));
  const id = `${hostname()}:${text.slice(0, 8)}`;
  const lock = await takeSessionLock({ url: databaseUrl, name: id, patienceMs: PATIENCE_MS });
  if (lock) return { id, release: lock.release };
  return { id: `${hostname()}:${randomBytes(6).toString("hex")}`, release: async () => undefined };
}
