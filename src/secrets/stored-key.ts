import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** A key kept in a file that only we may read. `isNew`: it was made by this call. */
export interface StoredKey {
  readonly text: string;
  readonly isNew: boolean;
}

type StoredKeyErrorCode = "key-too-short";

/** What a key file holds is no key: somebody has to bring back the right one, or take the file away. */
class StoredKeyError extends Error {
  readonly code: StoredKeyErrorCode;
  constructor(code: StoredKeyErrorCode, message: string) {
    super(message);
    this.name = "StoredKeyError";
    this.code = code;
  }
}

const LEAST_CHARACTERS = 16;

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

async function readKey(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, "utf8")).trim();
    if (text.length >= LEAST_CHARACTERS) return text;
    const what = `${path} holds ${text.length} characters, and a key has at least ${LEAST_CHARACTERS}`;
    throw new StoredKeyError(
      "key-too-short",
      `${what}: bring the right file back, or remove it to have a new key made`,
    );
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Names survive a loss of power only once their folder is on the disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Under its name it is whole from the first moment on. False: there is one already. */
async function placeKey(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, `${text}\n`, { mode: 0o600, flag: "wx", flush: true });
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
    await syncFolder(dirname(path));
  }
}

/**
 * Reads the key in `path`, or makes one of 256 random bits there; of two who make it at once, both get the same.
 * Throws StoredKeyError when what is there is no key.
 */
export async function storedKey(path: string): Promise<StoredKey> {
  const known = await readKey(path);
  if (known !== undefined) return { text: known, isNew: false };
  await mkdir(dirname(path), { recursive: true });
  const text = randomBytes(32).toString("base64url");
  if (await placeKey(path, text)) return { text, isNew: true };
  return { text: (await readKey(path)) ?? text, isNew: false };
}
