import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { Id } from "../../../src/api/shapes.ts";
import { automaticIds } from "../../../src/session/automatic-ids.ts";

test("an ordinary name is its own id, and with auto: before it where that is somebody's", () => {
  expect(automaticIds("anna@isp.example")).toEqual(["anna@isp.example", "auto:anna@isp.example"]);
  expect(automaticIds("Zoë Ö/7")).toEqual(["Zoë Ö/7", "auto:Zoë Ö/7"]);
});

const awkward = [
  "a\u0000b",
  "a\nb",
  "\u007f",
  "\u009b31m",
  ".",
  "..",
  "x".repeat(253),
  "x".repeat(249),
  `0x${"ff".repeat(253)}`,
];

test.each(awkward)("%j has two ids that the API can name, and no two names share one", (name) => {
  const ids = automaticIds(name);
  for (const id of ids) expect([id, Value.Check(Id, id)]).toEqual([id, true]);
  const all = awkward.flatMap(automaticIds);
  expect(new Set(all).size).toBe(all.length);
});
