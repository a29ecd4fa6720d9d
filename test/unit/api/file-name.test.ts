import { expect, test } from "vitest";
import { fileNameIn } from "../../../src/api/file-name.ts";

test.each([
  [undefined, undefined],
  ["attachment", undefined],
  ["attachment; filename=a.csv", "a.csv"],
  ['attachment; filename="2026-01-31-event4_sinkhole-isp.csv"', "2026-01-31-event4_sinkhole-isp.csv"],
  ['attachment; filename="a \\"b\\".csv"', 'a "b".csv'],
  ["attachment; filename=x.csv; filename*=UTF-8''%C3%A4.csv", "ä.csv"],
  ["attachment; filename*=UTF-8''%ZZ; filename=x.csv", "x.csv"],
  ['attachment; filename="../../etc/passwd"', "passwd"],
  ['attachment; filename="c:\\\\temp\\\\a.csv"', "a.csv"],
])("%j names the file %j", (header, name) => {
  expect(fileNameIn(header)).toBe(name);
});
