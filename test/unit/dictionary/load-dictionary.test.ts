import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { shippedDictionary as shipped } from "../../support/wire.ts";
import { dictionaryOf as load } from "./dictionary-of.ts";

test("every dictionary that is shipped is included", async () => {
  const folder = new URL("../../../dictionaries/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.startsWith("dictionary."));
  const { readFile } = await import("node:fs/promises");
  const top = await readFile(new URL("dictionary", folder), "utf8");
  expect(files.filter((name) => !top.includes(`$INCLUDE ${name}\n`))).toEqual([]);
});

const places: readonly (readonly [string, string, string])[] = [
  ["User-Name", "1", "string"],
  ["NAS-Filter-Rule", "92", "string"],
  ["Delegated-IPv6-Prefix", "123", "ipv6prefix"],
  ["Error-Cause", "101", "integer"],
  ["Operator-Name", "126", "string"],
  ["IP-Port-Range", "241.6", "tlv"],
  ["Operator-NAS-Identifier", "241.8", "octets"],
  ["MS-CHAP2-Response", "26.311.25", "octets"],
  ["WISPr-Bandwidth-Max-Down", "26.14122.8", "integer"],
  ["ERX-Service-Activate", "26.4874.65", "string"],
  ["Mikrotik-Rate-Limit", "26.14988.8", "string"],
  ["Cisco-AVPair", "26.9.1", "string"],
  ["Accel-VRF-Name", "26.55999.1", "string"],
  ["ADSL-Agent-Circuit-Id", "26.3561.1", "octets"],
];

test.each(places)("%s stands at %s", (name, oid, type) => {
  expect(shipped.attribute(name)).toMatchObject({ oid, type });
  expect(shipped.find(oid)?.name).toBe(name);
});

test("names are found in any case, values by name and by number", () => {
  expect(shipped.attribute("user-NAME")?.name).toBe("User-Name");
  expect(shipped.valueNumber("Error-Cause", "session-context-not-found")).toBe(503n);
  expect(shipped.valueName("Acct-Status-Type", 3)).toBe("Interim-Update");
  expect(shipped.attribute("Tunnel-Password")).toMatchObject({ hasTag: true, encrypt: 2 });
});

const broken: readonly (readonly [string, string, string])[] = [
  ["ATTRIBUTE User-Name one string", "invalid-number", "dictionary:1:"],
  ["\nATTRIBUTE User-Name 1 strng", "unknown-type", "dictionary:2:"],
  ["ATTRIBUTE User-Name 1", "wrong-number-of-fields", "dictionary:1:"],
  ["ATTRIBUTE A 1 string\nATTRIBUTE a 2 string", "duplicate-attribute", "dictionary:2:"],
  ["VENDOR V 1\nBEGIN-VENDOR V\nATTRIBUTE A 256 string", "invalid-number", "dictionary:3:"],
  ["ATTRIBUTE A 1 integer[4]", "unknown-type", "dictionary:1:"],
  ["ATTRIBUTE A 1 octets[many]", "invalid-number", "dictionary:1:"],
  ["ATTRIBUTE A 1 octets[254]", "invalid-number", "dictionary:1:"],
  ["ATTRIBUTE A 241 extended\nATTRIBUTE B 241.256 string", "invalid-number", "dictionary:2:"],
  ["ATTRIBUTE A 1 string shiny", "unknown-flag", "dictionary:1:"],
  ["ATTRIBUTE A 1 byte has_tag", "conflicting-flags", "dictionary:1:"],
  ["ATTRIBUTE A 1 short has_tag", "conflicting-flags", "dictionary:1:"],
  ["ATTRIBUTE A 1 integer has_tag,encrypt=2", "conflicting-flags", "dictionary:1:"],
  ["ATTRIBUTE A 1 string has_tag,encrypt=1", "conflicting-flags", "dictionary:1:"],
  ["ATTRIBUTE A 1 integer encrypt=1", "conflicting-flags", "dictionary:1:"],
  ["ATTRIBUTE A 1 tlv encrypt=2", "conflicting-flags", "dictionary:1:"],
  ["\nVALUE A b 1\nATTRIBUTE B 1 integer", "unknown-attribute", "dictionary:2:"],
  ["ATTRIBUTE A 1 integer\nVALUE A b 1\nVALUE A b 2", "duplicate-value", "dictionary:3:"],
  ["BEGIN-VENDOR Nobody", "unknown-vendor", "dictionary:1:"],
  ["VENDOR V 1\nBEGIN-VENDOR V", "unbalanced-block", "dictionary:2:"],
  ["VENDOR V 1\nEND-VENDOR V", "unbalanced-block", "dictionary:2:"],
  ["VENDOR V 1 format=3,1", "invalid-format", "dictionary:1:"],
  ["VENDOR V 1\nVENDOR V 2", "duplicate-vendor", "dictionary:2:"],
  ["ATTRIBUTE A 1.5 string", "unknown-parent", "dictionary:1:"],
  ["STRUCT A 1", "unknown-statement", "dictionary:1:"],
  ["$INCLUDE nowhere", "unreadable-file", "dictionary:1:"],
  ["$INCLUDE dictionary", "include-loop", "dictionary:1:"],
];

test.each(broken)("%j is refused with its code, file and line", async (text, code, place) => {
  const refusal = load({ dictionary: text });
  await expect(refusal).rejects.toMatchObject({ code });
  await expect(refusal).rejects.toThrow(place);
});

test("an error in an included file names that file", async () => {
  const refusal = load({
    dictionary: "# first\n$INCLUDE more\n",
    more: "ATTRIBUTE A 1 string\n\nATTRIBUTE B 2 strange\n",
  });
  await expect(refusal).rejects.toThrow(/more:3: there is no type "strange"/);
});

test("an optional include may be missing, and the file goes on after it", async () => {
  const dictionary = await load({ dictionary: "$INCLUDE- nowhere\nATTRIBUTE A 1 string # said\n" });
  expect(dictionary.attribute("A")?.oid).toBe("1");
});

test("what FreeRADIUS knows inside its server only is left out, with its values", async () => {
  const dictionary = await load({ dictionary: "ATTRIBUTE Auth-Type 1000 integer\nVALUE Auth-Type PAP 1\n" });
  expect(dictionary.attribute("Auth-Type")).toBeUndefined();
  expect(dictionary.attributes()).toEqual([]);
});

test("a VALUE may stand before its ATTRIBUTE", async () => {
  const dictionary = await load({ dictionary: "VALUE A few 3\nATTRIBUTE A 1 integer\nVALUE A many 4\n" });
  expect([dictionary.valueNumber("A", "few"), dictionary.valueName("A", 4)]).toEqual([3n, "many"]);
});

test("TLVs, extended attributes and vendors inside them have their paths", async () => {
  const dictionary = await load({
    dictionary: `VENDOR V 99
ATTRIBUTE Ext-1 241 extended
ATTRIBUTE Ext-Vendor 241.26 evs
ATTRIBUTE Range 241.6 tlv
BEGIN-TLV Range
ATTRIBUTE Range-Type 1 integer
END-TLV Range
BEGIN-VENDOR V format=Ext-Vendor
ATTRIBUTE V-Thing 7 string
END-VENDOR V
BEGIN-VENDOR V
ATTRIBUTE V-Group 1 tlv
ATTRIBUTE V-Inner 1.2 string
END-VENDOR V
`,
  });
  const oid = (name: string) => dictionary.attribute(name)?.oid;
  expect([oid("Range-Type"), oid("V-Thing"), oid("V-Inner")]).toEqual(["241.6.1", "241.26.99.7", "26.99.1.2"]);
});
