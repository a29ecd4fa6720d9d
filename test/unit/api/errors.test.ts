import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ApiError, problemFrom } from "../../../src/api/errors.ts";
import { problemCodes } from "../../../src/api/problem-codes.ts";
import { rowCodes } from "../../../src/intake/observation.ts";
import { importRowCodes } from "../../../src/subscriber/import-row.ts";
import { ConflictError } from "../../../src/subscriber/retry-conflict.ts";

const documented = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

/** The codes in the first column of the table under a heading. */
function codesUnder(heading: string): string[] {
  const section = documented.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((match) => match[1] ?? "");
}

test("docs/errors.md explains every code of the API, with its status, and no other", () => {
  const rows = [...documented.matchAll(/^\| `([a-z0-9-]+)` \| (\d{3}) \|/gm)].map((match) => [
    match[1],
    Number(match[2]),
  ]);
  expect(rows.sort()).toEqual(
    Object.entries(problemCodes)
      .map(([code, [status]]) => [code, status])
      .sort(),
  );
});

test("docs/errors.md explains every code of a report's rows and of an import's rows", () => {
  expect(codesUnder("Rows of a report").sort()).toEqual(Object.keys(rowCodes).sort());
  expect(codesUnder("Rows of an import").sort()).toEqual([...importRowCodes].sort());
});

test("what is our fault is told without a word of it", () => {
  const told = problemFrom(new Error("password 'hunter2' does not fit column x of table y"));
  expect(told).toMatchObject({ status: 500, code: "internal" });
  expect(JSON.stringify(told)).not.toMatch(/hunter2|column|table/);
});

test("an error of another folder that has no code here is our fault, even if it looks like one that has", () => {
  class StrangeError extends Error {
    override readonly name = "StrangeError";
    readonly code = "unknown-nas";
  }
  expect(problemFrom(new StrangeError("x")).status).toBe(500);
});

test.each(["40P01", "40001"])("a race that was lost for good (%s) is to be tried again, and no fault", (code) => {
  expect(problemFrom(Object.assign(new Error("deadlock detected"), { code }))).toMatchObject({
    status: 503,
    code: "unavailable",
  });
});

test("so is one that was lost to somebody who removed a subscriber", () => {
  expect(problemFrom(new ConflictError("the owner of username x was just removed"))).toMatchObject({
    status: 503,
    code: "unavailable",
  });
});

test.each(["ECONNREFUSED", "57P01", "08006", "53300"])(
  "%s from PostgreSQL means that it cannot be reached now",
  (code) => {
    expect(problemFrom(Object.assign(new Error("x"), { code }))).toMatchObject({ status: 503, code: "unavailable" });
  },
);

test("a problem names at most fifty faults", () => {
  const errors = Array.from({ length: 60 }, (_, index) => ({ pointer: `/${index}`, detail: "is wrong" }));
  expect(problemFrom(new ApiError("invalid-body", "much is wrong", { errors })).errors).toHaveLength(50);
});
