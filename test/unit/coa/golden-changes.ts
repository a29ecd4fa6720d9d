import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Change, DecodedRequest } from "./vendor-requests.ts";

/** A change with the very requests that it comes to: golden/<vendor>.json. */
export interface GoldenChange extends Change {
  readonly name: string;
  readonly packets: readonly DecodedRequest[];
}

const folder = join(import.meta.dirname, "golden");

export const goldenChanges: readonly GoldenChange[] = readdirSync(folder).flatMap((file): GoldenChange[] =>
  JSON.parse(readFileSync(join(folder, file), "utf8")),
);
