import { nearestName } from "./nearest-name.ts";
import { nameInFile, settings, withoutEffect } from "./variable-names.ts";

const names: readonly string[] = [...settings, ...withoutEffect];
/** WEIR_PEERS is for `npm test`. */
const otherNames: readonly string[] = ["WEIR_CONFIG", "WEIR_PEERS"];

const meant = (written: string, known: readonly string[]): string => {
  const nearest = nearestName(written, known);
  return nearest === undefined ? "" : `; is ${nearest} meant?`;
};

/** Settings of the file that there are not: each is a problem, since nobody else reads that file. */
export function unknownInFile(file: Readonly<Record<string, unknown>>): string[] {
  const known = names.map(nameInFile);
  return Object.keys(file)
    .filter((name) => !known.includes(name))
    .map((name) => `${name}: no such setting (in the file named by WEIR_CONFIG)${meant(name, known)}`);
}

/** Variables that look like ours and are not: worth a warning, as they may belong to another program. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...names, ...otherNames];
  return Object.keys(environment)
    .filter((name) => /^weir_/i.test(name) && !known.includes(name))
    .map((name) => `${name} is set, and is no setting of Weir's${meant(name, known)}`);
}
