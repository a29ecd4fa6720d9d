import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compileDictionary } from "./compile-dictionary.ts";
import type { Dictionary } from "./dictionary.ts";
import { readStatements } from "./read-statements.ts";

const shipped = fileURLToPath(new URL("../../dictionaries/", import.meta.url));

/** Compiles the file `dictionary` of a folder, with all that it includes. Throws DictionaryError with file and line. */
export async function loadDictionary(folder: string = shipped): Promise<Dictionary> {
  return compileDictionary(await readStatements(resolve(folder, "dictionary")));
}
