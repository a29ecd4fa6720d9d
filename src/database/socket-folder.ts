import { closeSync, constants, openSync } from "node:fs";

/** A folder with PostgreSQL's socket in it, by a name that is short enough for one. */
export interface SocketFolder {
  readonly name: string;
  /** Only while it is open is the name of use. */
  close(): void;
}

/** "/.s.PGSQL.5432" comes after it, and unix(7) has room for 107 octets. */
const LONGEST_FOLDER = 107 - "/.s.PGSQL.65535".length;

/**
 * The kernel takes short names of sockets only, and data folders may lie deep: such a folder is opened, and named by our
 * descriptor. Our own processes may go by that name, too, as long as we live.
 */
export function openSocketFolder(path: string): SocketFolder {
  if (Buffer.byteLength(path) <= LONGEST_FOLDER) return { name: path, close: () => undefined };
  if (process.platform !== "linux")
    throw new Error(`${path} is too long a name for a socket in it: set WEIR_DATA_DIR to a shorter one`);
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  let isOpen = true;
  return {
    name: `/proc/${process.pid}/fd/${descriptor}`,
    close: () => {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}
