import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compileDictionary } from "../../dictionary/compile-dictionary.ts";
import type { Dictionary } from "../../dictionary/dictionary.ts";
import { readStatements } from "../../dictionary/read-statements.ts";
import type { Options } from "./options.ts";

const shipped = fileURLToPath(new URL("../../../dictionaries/", import.meta.url));

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Weir's own dictionary or the one of -D, with that of -d after it where there is one. Throws DictionaryError. */
export async function radclientDictionary(
  options: Pick<Options, "dictionaryFolder" | "userDictionaryFolder">,
): Promise<Dictionary> {
  const { dictionaryFolder = shipped, userDictionaryFolder } = options;
  const own = userDictionaryFolder === undefined ? undefined : resolve(userDictionaryFolder, "dictionary");
  const statements = await readStatements(resolve(dictionaryFolder, "dictionary"));
  const added = own !== undefined && (await isThere(own)) ? await readStatements(own) : [];
  return compileDictionary([...statements, ...added]);
}
