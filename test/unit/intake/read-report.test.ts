import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { observationsIn, readBody, readJson } from "./reports.ts";

const good = JSON.stringify([{ ip: "203.0.113.9", at: "2026-11-20T11:00:00Z", category: "botnet" }]);

test.each(["application/json", "application/json; charset=utf-8", "Application/JSON", "application/xarf+json"])(
  "%s is JSON",
  async (contentType) => {
    expect(observationsIn(await readBody(contentType, good))).toHaveLength(1);
  },
);

test.each(["message/rfc822", "application/xml", "text/html", "", "application/octet-stream", "nonsense"])(
  "a body of type %j is not taken",
  async (contentType) => {
    expect(await readBody(contentType, good)).toMatchObject({ ok: false, code: "unsupported-content-type" });
  },
);

test("a type that says nothing is understood by the file's name", async () => {
  const options = { fileName: "observations.json.gz" };
  expect(observationsIn(await readBody("application/gzip", gzipSync(good), options))).toHaveLength(1);
});

test("gzip is seen whether or not a header says so", async () => {
  expect(observationsIn(await readBody("application/json", gzipSync(good)))).toHaveLength(1);
  const said = await readBody("application/json", gzipSync(good), { contentEncoding: "gzip" });
  expect(observationsIn(said)).toHaveLength(1);
  const undone = await readBody("application/json", good, { contentEncoding: "gzip" });
  expect(observationsIn(undone)).toHaveLength(1);
});

test("broken gzip, other encodings and a zip bomb are refused", async () => {
  const broken = gzipSync(good).subarray(0, 20);
  expect(await readBody("application/json", broken)).toMatchObject({ code: "invalid-compression" });
  const brotli = await readBody("application/json", good, { contentEncoding: "br" });
  expect(brotli).toMatchObject({ code: "invalid-compression" });
  const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024, 32));
  expect(bomb.length).toBeLessThan(100_000);
  expect(await readBody("application/json", bomb)).toMatchObject({ code: "body-too-large" });
});

test("an empty body and broken JSON are refused", async () => {
  expect(await readBody("application/json", " \n")).toMatchObject({ code: "empty-report" });
  expect(await readBody("application/json", "{")).toMatchObject({ code: "malformed-json" });
});

test("a byte order mark is no part of the report", async () => {
  expect(observationsIn(await readBody("application/json", `\uFEFF${good}`))).toHaveLength(1);
});

test.each([[{}], [{ hello: "world" }], [{ observations: 1 }], ["text"], [1], [null]])(
  "JSON of an unknown shape is refused: %j",
  async (document) => {
    expect(await readJson(document)).toMatchObject({ ok: false, code: "unknown-shape" });
  },
);

test("XARF v3 is known, and said not to be read yet", async () => {
  const report = { Version: "3", ReporterInfo: { ReporterOrg: "x" }, Report: { ReportClass: "Activity" } };
  expect(await readJson(report)).toMatchObject({ code: "format-not-supported" });
});

const formats = [
  ["application/json", {}],
  ["text/csv", { reportType: "event4_sinkhole" }],
  ["application/x-ndjson", { kind: "monitoring" }],
] as const;

const fragments = [
  '"timestamp","src_ip","src_port"\n',
  '"2026-11-20 11:00:00","203.0.113.9",1',
  '{"event_type":"alert","alert":{"signature":"ET MALWARE x"}}',
  '[{"ip":"203.0.113.9","at":"2026-11-20T11:00:00Z","category":"spam"}]',
  '"',
  ",",
  "\n",
  "\r\n",
  "{",
  "[",
  "}",
  "]",
  "\0",
  "\uD800",
];

test.each(formats)("nothing that is posted as %s makes the reader throw", async (contentType, options) => {
  const text = fc.array(fc.oneof(fc.constantFrom(...fragments), fc.string(), fc.string({ unit: "binary" })));
  const body = fc.oneof(
    text.map((parts) => Buffer.from(parts.join(""))),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), bytes])),
  );
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      const reading = await readBody(contentType, bytes, options);
      expect(reading.ok || typeof reading.code === "string").toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("every row of arbitrary JSON is either an observation or a rejection", async () => {
  const entry = fc.record(
    {
      ip: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.anything()),
      port: fc.oneof(fc.integer(), fc.anything()),
      at: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.anything(),
      ),
      category: fc.oneof(fc.constantFrom("botnet", "spam"), fc.anything()),
      evidence: fc.anything(),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry), async (entries) => {
      const document = JSON.stringify(entries, (_, value) => (typeof value === "bigint" ? String(value) : value));
      const reading = await readBody("application/json", document);
      if (!reading.ok) throw new Error(reading.code);
      const rows = [...reading.observations, ...reading.rejected].map(({ row }) => row).sort((a, b) => a - b);
      expect(rows).toEqual(entries.map((_, index) => index + 1));
    }),
    { numRuns: 300 },
  );
});
