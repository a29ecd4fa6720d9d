import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** A key kept in a file that only we may read. `isNew`: it was made by this call. */
export interface StoredKey {
  readonly text: string;
  readonly isNew: boolean;
}

/** Reads the key in `path`, or makes one of 256 random bits there; of two who make it at once, both get the same. */
export async function storedKey(path: string): Promise<StoredKey> {
  const read = async () => (await readFile(path, "utf8")).trim();
  const known = await read().catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (known !== undefined && known !== "") return { text: known, isNew: false };
  await mkdir(dirname(path), { recursive: true });
  const text = randomBytes(32).toString("base64url");
  try {
    await writeFile(path, `${text}\n`, { mode: 0o600, flag: "wx", flush: true });
    return { text, isNew: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return { text: await read(), isNew: false };
  }
}
