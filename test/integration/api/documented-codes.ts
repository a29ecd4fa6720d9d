import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

/** The codes of the API that docs/errors.md explains. */
export const documentedCodes: ReadonlySet<string> = new Set(
  [...text.matchAll(/^\| `([a-z0-9-]+)` \| \d{3} \|/gm)].map(([, code]) => code ?? ""),
);
