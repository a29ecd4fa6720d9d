import { describe, expect, test } from "vitest";
import type { AttributeDefinition } from "../../../src/dictionary/dictionary.ts";
import { loadDictionary } from "../../../src/dictionary/load-dictionary.ts";
import { shippedDictionary as ours } from "../../support/wire.ts";
import {
  folder,
  lookForTheirDictionaries,
  readTheirDictionaries,
  type TheirAttribute,
} from "./freeradius-dictionaries.ts";

const peers = lookForTheirDictionaries();

/** What an attribute is on the wire, in FreeRADIUS's words. */
const said = ({ oid, type, length, vendor, hasTag, encrypt, isConcat }: AttributeDefinition) => ({
  oid,
  type: length === undefined ? type : `${type}[${length}]`,
  vendor: vendor?.name.toLowerCase(),
  hasTag,
  encrypt,
  isConcat,
});

/** Where an older FreeRADIUS says another type than the RFC, and a newer one what the RFC says. */
const corrected: ReadonlyMap<string, string> = new Map([
  // RFC 6519 section 4: labels as in DNS, "a string with opaque encapsulation".
  ["DS-Lite-Tunnel-Name", "octets"],
]);

const theySay = (name: string, { oid, type, vendor, flags }: TheirAttribute) => ({
  oid,
  type: corrected.get(name) ?? type.toLowerCase(),
  vendor: vendor?.toLowerCase(),
  hasTag: flags.includes("has_tag"),
  encrypt: Number(flags.find((flag) => flag.startsWith("encrypt="))?.at(-1) ?? 0),
  isConcat: flags.includes("concat"),
});

describe.skipIf(peers.areMissing)(`our dictionaries beside FreeRADIUS's${peers.note}`, () => {
  const theirs = peers.areMissing ? undefined : readTheirDictionaries();
  const shared = ours.attributes().flatMap((definition) => {
    const found = theirs?.attributes.get(definition.name.toLowerCase());
    return found ? [{ definition, found }] : [];
  });

  test("all of theirs can be loaded, as for radclient -D", async () => {
    const loaded = await loadDictionary(folder);
    expect(loaded.attributes().length).toBeGreaterThan(4_000);
    expect(loaded.attribute("Cisco-AVPair")?.oid).toBe("26.9.1");
  });

  test("most of ours stand in theirs too", () => {
    expect(shared.length).toBeGreaterThan(0.95 * ours.attributes().length);
  });

  test("an attribute of the same name has the same number, vendor, type, tag, hiding and joining", () => {
    const different = shared.flatMap(({ definition, found }) => {
      const [we, they] = [said(definition), theySay(definition.name, found)];
      return JSON.stringify(we) === JSON.stringify(they)
        ? []
        : [{ name: definition.name, place: found.place, we, they }];
    });
    expect(different).toEqual([]);
  });

  test("a number that both know has a name in theirs that ours knows too", () => {
    const names = new Set(ours.attributes().map(({ name }) => name.toLowerCase()));
    const numbers = new Map<string, string[]>();
    for (const [name, { oid }] of theirs?.attributes ?? []) numbers.set(oid, [...(numbers.get(oid) ?? []), name]);
    const strange = ours.attributes().filter(({ oid }) => {
      const called = numbers.get(oid);
      return called !== undefined && !called.some((name) => names.has(name));
    });
    expect(strange.map(({ name, oid }) => `${name} ${oid}`)).toEqual([]);
  });

  test("a value of the same name has the same number", () => {
    let compared = 0;
    const different = shared.flatMap(({ definition: { name } }) =>
      [...(theirs?.values.get(name.toLowerCase()) ?? [])].flatMap(([value, number]) => {
        const own = ours.valueNumber(name, value);
        compared += own === undefined ? 0 : 1;
        return own === undefined || own === number ? [] : [`${name} ${value}: ${own}, theirs ${number}`];
      }),
    );
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
  });

  test("a vendor of the same name has the same number and layout", () => {
    const different = [...(theirs?.vendors ?? [])].flatMap(([name, { number, format }]) => {
      const own = ours.vendor(name);
      if (!own) return [];
      const { typeOctets, lengthOctets, hasContinuation } = own.format;
      const layout = `format=${typeOctets},${lengthOctets}${hasContinuation ? ",c" : ""}`;
      return own.number === number && layout === format
        ? []
        : [{ name, own: [own.number, layout], they: [number, format] }];
    });
    expect(different).toEqual([]);
  });
});
