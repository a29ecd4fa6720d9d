import { access, constants, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";

const OTHERS = 0o077;
const keyFiles = ["admin-key", "secret-key", "postgres-password"] as const;

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** undefined: there is no such file. */
async function checkKeyFile(path: string): Promise<Finding | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS) === 0) return ok("files", `${path} is for its owner only`);
    const octal = (mode & 0o777).toString(8).padStart(4, "0");
    return failure("files", `${path} may be read or changed by others (mode ${octal})`, `chmod 600 ${path}`);
  } catch (error) {
    return isMissing(error)
      ? undefined
      : failure("files", `${path} cannot be looked at`, "run doctor as the server's user");
  }
}

/** The data folder, and that nobody else can read the keys in it. */
export async function checkFiles({ dataDir, databaseUrl, secretKeys }: Config): Promise<Finding[]> {
  const folder = await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK).catch(
    (error: unknown) => error,
  );
  if (isMissing(folder))
    return [warning("files", `${dataDir} does not exist yet`, "the first start of the server makes it")];
  if (folder !== undefined)
    return [failure("files", `${dataDir} cannot be written to`, "run as the server's user, or set WEIR_DATA_DIR")];
  const found = await Promise.all(keyFiles.map((name) => checkKeyFile(join(dataDir, name))));
  const isKeyLost =
    secretKeys === undefined &&
    databaseUrl !== undefined &&
    (await stat(join(dataDir, "secret-key")).catch(() => undefined)) === undefined;
  return [
    ...found.filter((finding) => finding !== undefined),
    ...(isKeyLost
      ? [
          warning(
            "files",
            `no WEIR_SECRET_KEY, and no secret-key in ${dataDir}: a start makes a new key`,
            "with a database that was in use before, or with several nodes, set WEIR_SECRET_KEY to the key that sealed its secrets",
          ),
        ]
      : []),
  ];
}
