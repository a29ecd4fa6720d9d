import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Peers } from "../../support/peers.ts";

/** An attribute as FreeRADIUS's own files have it; names in lower case, as it does not tell cases apart. */
export interface TheirAttribute {
  readonly oid: string;
  readonly type: string;
  readonly vendor: string | undefined;
  readonly flags: readonly string[];
  readonly place: string;
}

export interface TheirDictionaries {
  readonly attributes: ReadonlyMap<string, TheirAttribute>;
  readonly vendors: ReadonlyMap<string, { readonly number: number; readonly format: string }>;
  /** By attribute, then by value name. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
}

const folders = ["/usr/share/freeradius", "/usr/local/share/freeradius", "/opt/homebrew/share/freeradius"];
/** Where they are; undefined: not here. */
export const folder = folders.find((path) => statSync(join(path, "dictionary"), { throwIfNoEntry: false })?.isFile());

/** Whether FreeRADIUS's dictionaries are here, as `lookForPeers` tells it of programs. */
export function lookForTheirDictionaries(): Peers {
  if (folder !== undefined) return { areMissing: false, note: "" };
  if (process.env["WEIR_PEERS"] === "required")
    throw new Error("peers are required: no dictionaries of FreeRADIUS here");
  return { areMissing: true, note: " (skipped: no dictionaries of FreeRADIUS here)" };
}

interface Line {
  readonly place: string;
  readonly keyword: string;
  readonly fields: readonly string[];
}

function linesOf(file: string): Line[] {
  return readFileSync(file, "latin1")
    .split("\n")
    .flatMap((text, index): Line[] => {
      const [keyword = "", ...fields] = text.replace(/#.*/, "").trim().split(/\s+/);
      if (keyword === "") return [];
      const included = resolve(dirname(file), fields[0] ?? "");
      if (keyword === "$INCLUDE-") return existsSync(included) ? linesOf(included) : [];
      return keyword === "$INCLUDE" ? linesOf(included) : [{ place: `${file}:${index + 1}`, keyword, fields }];
    });
}

/** Reads them apart from our own compiler, which is what they are to judge; throws on a line that it does not know. */
export function readTheirDictionaries(): TheirDictionaries {
  const attributes = new Map<string, TheirAttribute>();
  const vendors = new Map<string, { number: number; format: string }>();
  const values = new Map<string, Map<string, bigint>>();
  const blocks: { vendor: string | undefined; oid: string }[] = [];
  const oidOf = (name: string) => attributes.get(name.toLowerCase())?.oid ?? `(no ${name})`;
  const takers: Readonly<Record<string, (fields: readonly string[], place: string) => void>> = {
    VENDOR: ([name = "", number, format = "format=1,1"]) =>
      vendors.set(name.toLowerCase(), { number: Number(number), format }),
    "BEGIN-VENDOR": ([name = "", parent]) => {
      const above = parent === undefined ? "26" : oidOf(parent.replace(/^.*=/, ""));
      blocks.push({ vendor: name, oid: `${above}.${vendors.get(name.toLowerCase())?.number}` });
    },
    "BEGIN-TLV": ([name = ""]) => blocks.push({ vendor: blocks.at(-1)?.vendor, oid: oidOf(name) }),
    "END-VENDOR": () => blocks.pop(),
    "END-TLV": () => blocks.pop(),
    ATTRIBUTE: ([name = "", number = "", type = "", flags = ""], place) => {
      const block = blocks.at(-1);
      const own = number.split(".").map(Number).join(".");
      const oid = block ? `${block.oid}.${own}` : own;
      attributes.set(name.toLowerCase(), { oid, type, vendor: block?.vendor, flags: flags.split(","), place });
    },
    VALUE: ([attribute = "", name = "", number = ""]) => {
      const known = values.get(attribute.toLowerCase()) ?? new Map<string, bigint>();
      values.set(attribute.toLowerCase(), known.set(name.toLowerCase(), BigInt(number)));
    },
  };
  for (const { place, keyword, fields } of linesOf(join(folder ?? "", "dictionary"))) {
    const take = takers[keyword];
    if (!take) throw new Error(`${place}: what is ${keyword}?`);
    take(fields, place);
  }
  return { attributes, vendors, values };
}
