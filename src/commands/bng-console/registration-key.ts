import { readFile } from "node:fs/promises";
import { readConfig } from "../../config/read-config.ts";
import { InputError } from "../input-error.ts";

/** How a BNG proves to Weir's API that it may register itself: a key, or the file with it; or neither. */
export interface RegistrationKey {
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
}

const keyIn = async (path: string): Promise<string> =>
  await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(error, path);
  });

/** The key that was typed, or is in the file, or is this process's WEIR_ADMIN_KEY. Rejects where there is none. */
export async function registrationKey({ key, keyFile }: RegistrationKey): Promise<string> {
  if (key !== undefined) return key;
  if (keyFile !== undefined) return (await keyIn(keyFile)).trim();
  const parsed = readConfig();
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  const { adminKey } = parsed.config;
  if (adminKey === undefined)
    throw new Error("--register needs an admin key: --key KEY, --key-file var/admin-key, or WEIR_ADMIN_KEY");
  return adminKey;
}
