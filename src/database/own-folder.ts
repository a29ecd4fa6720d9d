import { chmod, mkdir, stat } from "node:fs/promises";

const GROUP_AND_OTHERS_WRITE = 0o022;
const OTHERS_WRITE = 0o002;

/**
 * Makes a folder where there is none, and makes sure that it is no one's to change but ours: whoever may change a folder
 * chooses what the names in it lead to, and root would follow them anywhere. `mode`: of a new one, whatever the umask.
 */
export async function makeOwnFolder(path: string, mode?: number): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  if (made !== undefined && mode !== undefined) await chmod(path, mode);
  const folder = await stat(path);
  const isRoot = process.getuid?.() === 0;
  const isOwn = !isRoot || folder.uid === 0;
  // Without root's rights a group may be how the folder was given to us.
  const isShared = (folder.mode & (isRoot ? GROUP_AND_OTHERS_WRITE : OTHERS_WRITE)) !== 0;
  if (isOwn && !isShared) return;
  const octal = (folder.mode & 0o7777).toString(8).padStart(4, "0");
  throw new Error(
    `${path} may be changed by others (owner ${folder.uid}, mode ${octal}), so no database is started in it: ` +
      `start Weir as its owner, or chown and chmod go-w it`,
  );
}
