import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createLog } from "../../src/log.ts";

test("an error of PostgreSQL is logged with its code and message, and without the row that it quotes", () => {
  const to = new PassThrough();
  const quoting = { code: "23505", detail: "Key (username)=(anna) already exists.", hint: "anna", where: "COPY anna" };
  createLog("info", to).warn({ err: Object.assign(new Error("duplicate key value"), quoting) }, "not stored");
  const line = String(to.read());
  expect(JSON.parse(line)).toMatchObject({ msg: "not stored", err: { code: "23505", message: "duplicate key value" } });
  expect(line).not.toContain("anna");
});
