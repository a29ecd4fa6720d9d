import { readFileSync } from "node:fs";

/** Weir's own, from package.json. */
export function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version: written }: { readonly version: string } = JSON.parse(text);
  return written;
}
