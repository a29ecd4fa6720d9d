import { expect, test } from "vitest";
import { readPackets } from "../../../src/commands/radclient/read-packets.ts";

const names = (text: string) => readPackets(text).map((packet) => packet.map(({ name, value }) => [name, value]));

test("attributes are parted by commas and lines, packets by blank lines", () => {
  expect(names("A=1,B = \"x, y\"\nC = z\r\n\n\n  # a comment\nD='2'\n")).toEqual([
    [
      ["A", "1"],
      ["B", "x, y"],
      ["C", "z"],
    ],
    [["D", "2"]],
  ]);
});

test("quotes keep commas, hashes and escaped quotes; a quote inside a word is a letter", () => {
  expect(names(String.raw`A = "a \"b\", #c", B = it's # a comment`)).toEqual([
    [
      ["A", 'a "b", #c'],
      ["B", "it's"],
    ],
  ]);
});

test("tags, vendors' names and every operator", () => {
  expect(readPackets("Tunnel-Type:1 := VLAN, A != 1, B =~ x.*, C !~ y, D =* any, E !* any, F == 2")[0]).toMatchObject(
    [":=", "!=", "=~", "!~", "=*", "!*", "=="].map((operator) => ({ operator })),
  );
});

test.each([
  ["A = 1\nnonsense", 2],
  ['A = "open', 1],
])("what is no attribute is named with its line: %j", (text, line) => {
  expect(() => readPackets(text)).toThrow(expect.objectContaining({ line }));
});
