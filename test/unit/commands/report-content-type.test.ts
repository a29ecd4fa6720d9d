import { expect, test } from "vitest";
import { reportContentType } from "../../../src/commands/report-content-type.ts";

test.each([
  ["2026-11-01-event4_sinkhole.csv.gz", "", "text/csv"],
  ["eve.jsonl", "", "application/x-ndjson"],
  ["mail.eml", "", "message/rfc822"],
  ["eve.json", '{"event_type": "alert"}\n{"event_type": "flow"}\n', "application/x-ndjson"],
  ["eve.json.gz", '\uFEFF{"event_type":"alert"}\n', "application/x-ndjson"],
  ["eve.json", '\n{"a": 1}\r\n\r\n{"a": cut off', "application/x-ndjson"],
  ["list.json", '[{"a": 1}]\n', "application/json"],
  ["list.json", '[\n{"a": 1},\n{"b": 2}\n]', "application/json"],
  ["xarf.json", '{"xarf_version": "4.0.0"}\n', "application/json"],
  ["xarf.json", '{\n"xarf_version": "4.0.0"\n}\n', "application/json"],
  ["broken.json", "oh: no", "application/json"],
  [undefined, '{"a": 1}\n{"b": 2}\n', "application/x-ndjson"],
  [undefined, '{\n "a": 1\n}\n', "application/json"],
  [undefined, '{"a": 1}\n', "application/json"],
  [undefined, '[{"a": 1}]', "application/json"],
  ["report.txt", '"timestamp","ip"\n', "text/csv"],
  [undefined, "<IODEF-Document/>", "application/xml"],
])("%s holding %j is %s", (name, text, type) => {
  expect(reportContentType(name, Buffer.from(text))).toBe(type);
});
