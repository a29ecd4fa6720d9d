import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const folders = [...new Set([...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin"])];

/** Where a program is; undefined: it is not installed. */
function programPath(name: string): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** How to call a program that may be in a folder that is not on an ordinary user's PATH, as Debian's daemons are. */
export const programToRun = (name: string): string => programPath(name) ?? name;

export interface Peers {
  /** For describe.skipIf: something is missing, and may be. */
  readonly areMissing: boolean;
  /** For the name of what is skipped: "" or " (skipped: no hostapd here)". */
  readonly note: string;
}

/**
 * Whether the real programs that a test wants are here; "root" stands for the right to make network namespaces. With
 * WEIR_PEERS=required a missing one is an error.
 */
export function lookForPeers(...wanted: readonly string[]): Peers {
  const missing = wanted.filter((name) => (name === "root" ? process.getuid?.() !== 0 : !programPath(name)));
  if (missing.length === 0) return { areMissing: false, note: "" };
  if (process.env["WEIR_PEERS"] === "required") throw new Error(`peers are required: no ${missing.join(", ")} here`);
  return { areMissing: true, note: ` (skipped: no ${missing.join(", ")} here)` };
}
