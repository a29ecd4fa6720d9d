import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dictionary } from "../../../src/dictionary/dictionary.ts";
import { loadDictionary } from "../../../src/dictionary/load-dictionary.ts";

/** The dictionary that these files come to; `dictionary` is the one that is read first. */
export async function dictionaryOf(files: Readonly<Record<string, string>>): Promise<Dictionary> {
  const folder = mkdtempSync(join(tmpdir(), "weir-dictionary-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await loadDictionary(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
