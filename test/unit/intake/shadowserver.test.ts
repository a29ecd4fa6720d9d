import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { hasSamples, now, observationsIn, readBody, rejectedIn, sample, samplesNote } from "./reports.ts";

const csv = (body: string, options: { reportType?: string; fileName?: string } = { reportType: "event4_sinkhole" }) =>
  readBody("text/csv", body, options);

afterEach(() => vi.unstubAllEnvs());

const header = "timestamp,protocol,src_ip,src_port,dst_ip,dst_port,infection,family,tag\n";
const row = (ip: string) => `"2026-11-20 11:00:00","tcp","${ip}",4711,"192.0.2.1",80,"virut","virut",\n`;

test("a row names the offender, in UTC, with what it talked to", async () => {
  const reading = await csv(header + row("203.0.113.9"));
  expect(reading).toMatchObject({ format: "shadowserver:event4_sinkhole", rejected: [] });
  expect(observationsIn(reading)).toEqual([
    {
      row: 1,
      ip: "203.0.113.9",
      port: 4711,
      protocol: "tcp",
      at: new Date("2026-11-20T11:00:00Z"),
      toldAt: now,
      category: "botnet",
      severity: "high",
      name: "virut",
      destination: { ip: "192.0.2.1", port: 80 },
      evidence: { infection: "virut", family: "virut", report_type: "event4_sinkhole" },
      isBogon: false,
    },
  ]);
});

test.each(["event6_sinkhole", "event4_microsoft_sinkhole", "event4_microsoft_sinkhole_http", "event6_sinkhole_http"])(
  "%s is read like event4_sinkhole",
  async (reportType) => {
    expect(observationsIn(await csv(header + row("203.0.113.9"), { reportType }))).toMatchObject([
      { category: "botnet" },
    ]);
  },
);

test.each([
  "2026-11-20-event4_sinkhole-example-asn.csv",
  "event4_sinkhole.csv",
  "2026-11-20-event4_sinkhole.csv.gz",
  "/reports/2026-11-20-event4_sinkhole-isp_country-geo.csv",
])("the file name %s says which report it is", async (fileName) => {
  expect(await csv(header, { fileName })).toMatchObject({ ok: true, format: "shadowserver:event4_sinkhole" });
});

test.each<[string, { reportType?: string; fileName?: string }, string]>([
  ["nothing", {}, "report-type-missing"],
  ["a name that is no report's", { fileName: "customers list.csv" }, "report-type-missing"],
  ["an unknown type", { reportType: "weather" }, "unknown-report-type"],
  ["an event that there is none of", { reportType: "event4_foo" }, "unknown-report-type"],
  ["a scan that there is none of", { fileName: "2026-11-20-scan_foo-isp.csv" }, "unknown-report-type"],
  ["a family without a report", { reportType: "event4_" }, "unknown-report-type"],
  ["a report of IPv6 of a later version", { reportType: "SCAN6_DNS" }, "report-type-not-supported"],
  ["an event of a later version", { reportType: "event4_honeypot_darknet" }, "report-type-not-supported"],
  ["a list of a later version", { reportType: "blocklist" }, "report-type-not-supported"],
  ["a victim's report", { reportType: "event4_honeypot_ddos_amp" }, "report-type-not-supported"],
  ["a resolver's report", { reportType: "event4_sinkhole_dns" }, "report-type-not-supported"],
  ["a report of a later version", { reportType: "scan_telnet" }, "report-type-not-supported"],
])("with %s the report is refused", async (_, options, code) => {
  expect(await csv(header + row("203.0.113.9"), options)).toMatchObject({ ok: false, code });
});

test("why a victim's report is refused is said", async () => {
  const reading = await csv(header, { reportType: "event4_honeypot_ddos_amp" });
  expect(reading).toMatchObject({ detail: expect.stringContaining("victim") });
});

test("columns may be missing, new, in another order and in capitals", async () => {
  const body = "SRC_IP,Timestamp,hostname_source,severity\n203.0.113.9,2026-11-20 11:00:00,ptr,critical\n";
  expect(observationsIn(await csv(body))).toMatchObject([
    { ip: "203.0.113.9", severity: "critical", evidence: { hostname_source: "ptr" } },
  ]);
});

test("without the columns that matter the report is refused", async () => {
  expect(await csv("timestamp,ip\n")).toMatchObject({ code: "missing-columns", detail: "the header lacks src_ip" });
});

test("empty fields and zeroes are not known", async () => {
  const [observation] = observationsIn(await csv(`${header}2026-11-20 11:00:00,,203.0.113.9,0,,0,,,\n`));
  expect(observation).not.toHaveProperty("port");
  expect(observation).not.toHaveProperty("protocol");
  expect(observation).not.toHaveProperty("destination");
});

test("a broken row is named and the others are kept", async () => {
  const body = [
    header.trim(),
    row("203.0.113.1").trim(),
    '"2026-11-20 11:00:00","tcp"',
    row("not an address").trim(),
    row("203.0.113.4").trim(),
    '"yesterday","tcp","203.0.113.5",1,,,,,',
    row("203.0.113.6").trim(),
  ].join("\r\n");
  const reading = await csv(body);
  expect(rejectedIn(reading)).toEqual([
    [2, "malformed-row"],
    [3, "invalid-address"],
    [5, "invalid-time"],
  ]);
  expect(observationsIn(reading).map(({ row: number }) => number)).toEqual([1, 4, 6]);
});

test.each([
  ["a quote that is never closed", '"2026-11-20 11:00:00","tcp,"203.0.113.2",1,,,,,'],
  ["a quote in the middle of a field", '2026-11-20 11:00:00,t"cp,203.0.113.2,1,,,,,'],
  ["a quote at the end", '2026-11-20 11:00:00,tcp,203.0.113.2,1,,,,,"'],
])("%s breaks its own row only", async (_, broken) => {
  const reading = await csv(`${header}${row("203.0.113.1")}${broken}\n${row("203.0.113.3")}${row("203.0.113.4")}`);
  expect(rejectedIn(reading)).toEqual([[2, "malformed-row"]]);
  expect(observationsIn(reading).map(({ row: number, ip }) => [number, ip])).toEqual([
    [1, "203.0.113.1"],
    [3, "203.0.113.3"],
    [4, "203.0.113.4"],
  ]);
});

test("a broken last row is named", async () => {
  const reading = await csv(`${header}${row("203.0.113.1")}"2026-11-20 11:00:00","tcp`);
  expect(rejectedIn(reading)).toEqual([[2, "malformed-row"]]);
});

test("a field may hold commas, quotes and line breaks, also in a file with a broken row", async () => {
  const text = `${header}"2026-11-20 11:00:00",tcp,203.0.113.1,1,,,"a,""b""\nc",,\n`;
  expect(observationsIn(await csv(text))[0]?.name).toBe('a,"b"\nc');
  const reading = await csv(`${text}broken\n${row("203.0.113.3")}`);
  expect(observationsIn(reading).map(({ row: number, name }) => [number, name])).toEqual([
    [1, 'a,"b"\nc'],
    [3, "virut"],
  ]);
});

test("blank lines are no records", async () => {
  const reading = await csv(`${header}\n${row("203.0.113.1")}\n\n${row("x")}\n`);
  expect(rejectedIn(reading)).toEqual([[2, "invalid-address"]]);
});

test("what a honeypot was given to log in with is dropped", async () => {
  const body =
    "timestamp,src_ip,src_port,service,username,password,end_time\n2026-11-20 11:00:00,203.0.113.9,1,ssh,root,hunter2,2026-11-20T11:00:02.5Z\n";
  const [observation] = observationsIn(await csv(body, { reportType: "event4_honeypot_brute_force" }));
  expect(observation).toMatchObject({ category: "brute-force", until: new Date("2026-11-20T11:00:02.500Z") });
  expect(JSON.stringify(observation)).not.toMatch(/hunter2|root/);
});

test("an end that makes no sense beside the timestamp is left out", async () => {
  const body = "timestamp,src_ip,end_time\n2026-11-20 11:00:00,203.0.113.9,2021-03-27T00:00:01Z\n";
  expect(observationsIn(await csv(body, { reportType: "event4_honeypot_brute_force" }))[0]).not.toHaveProperty("until");
});

test.each(["America/New_York", "Europe/Berlin", "UTC"])(
  "times without a zone are UTC on a server in %s too, the end as well as the beginning",
  async (zone) => {
    vi.stubEnv("TZ", zone);
    expect(new Date(2026, 10, 20).toISOString().slice(11, 13)).toBe(
      { "America/New_York": "05", "Europe/Berlin": "23", UTC: "00" }[zone],
    );
    for (const end of ["2026-11-20 11:20:00", "2026-11-20T11:20:00", "2026-11-20T11:20:00Z"]) {
      const body = `timestamp,src_ip,end_time\n2026-11-20 11:00:00,203.0.113.9,${end}\n`;
      expect(observationsIn(await csv(body, { reportType: "event4_honeypot_brute_force" }))).toMatchObject([
        { at: new Date("2026-11-20T11:00:00Z"), until: new Date("2026-11-20T11:20:00Z") },
      ]);
    }
  },
);

test("a file of ten thousand rows is read in a moment, also with a broken one", async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => row(`10.0.${index >> 8}.${index & 255}`));
  for (const broken of ["", '"\n']) {
    const started = performance.now();
    const reading = await csv(header + broken + rows.join(""));
    expect(observationsIn(reading)).toHaveLength(10_000);
    // A fraction of a second on an idle machine; minutes where each row is searched for to the end of the file.
    expect(performance.now() - started).toBeLessThan(15_000);
  }
});

test.skipIf(!hasSamples).each([
  ["event4_sinkhole", 3, "botnet"],
  ["event4_sinkhole_http", 5, "botnet"],
  ["event4_honeypot_brute_force", 6, "brute-force"],
])(`the real file %s is read whole${samplesNote}`, async (name, count, category) => {
  const reading = await csv(sample(`shadowserver/${name}.csv`), { fileName: `2021-03-04-${name}-example.csv` });
  expect(rejectedIn(reading)).toEqual([]);
  const observations = observationsIn(reading);
  expect(observations).toHaveLength(count);
  for (const observation of observations) {
    expect(observation).toMatchObject({ category, port: expect.any(Number), protocol: "tcp" });
    expect(observation.at.getUTCFullYear()).toBe(2021);
    expect(observation.at < now).toBe(true);
  }
});

test
  .skipIf(!hasSamples)
  .each([
    "scan_adb",
    "scan_dns",
    "scan_smb",
    "scan_telnet",
    "blocklist",
    "compromised_website",
    "device_id",
    "event4_ddos_participant",
    "event4_honeypot_darknet",
    "event4_ip_spoofer",
  ])(`the real file %s is refused as not supported yet${samplesNote}`, async (name) => {
  const reading = await csv(sample(`shadowserver/${name}.csv`), { fileName: `${name}.csv` });
  expect(reading).toMatchObject({ ok: false, code: "report-type-not-supported" });
});

test("a time that is none is told with the form that Shadowserver uses", async () => {
  const reading = await csv(header + row("203.0.113.9").replace("2026-11-20 11:00:00", "yesterday"));
  expect(reading).toMatchObject({
    rejected: [{ code: "invalid-time", detail: '"yesterday" is not a date and time in UTC (2026-01-31 12:00:00)' }],
  });
});

test.each(["application/gzip", "application/x-gzip", "application/octet-stream", ""])(
  "the report type says that a body of %j is CSV, unless the file's name says something else",
  async (contentType) => {
    const body = gzipSync(header + row("203.0.113.9"));
    const options = { reportType: "event4_sinkhole" };
    for (const fileName of [undefined, "report", "report.gz"])
      expect(observationsIn(await readBody(contentType, body, { ...options, fileName }))).toHaveLength(1);
    expect(await readBody(contentType, body, { ...options, fileName: "x.json.gz" })).toMatchObject({
      code: "malformed-json",
    });
    expect(await readBody(contentType, body, {})).toMatchObject({ code: "unsupported-content-type" });
  },
);

const withoutLineEnds = (text: string) => text.replaceAll(/[\r\n]/g, "");
const quotedHeader = `${header
  .trim()
  .split(",")
  .map((name) => `"${name}"`)
  .join(",")}\n`;
const unquoted = row("203.0.113.9").replaceAll('"', "");

test.each([
  ["a row", header + row("203.0.113.9")],
  ["a row without quotes", header + unquoted],
  ["a quoted header and row", quotedHeader + row("203.0.113.9")],
  ["some rows", header + unquoted.repeat(3)],
  ["hundreds of rows", header + unquoted.repeat(300)],
])("a body of %s whose line ends curl took out is refused, with what to do about it", async (_, text) => {
  expect(await csv(withoutLineEnds(text))).toMatchObject({
    ok: false,
    code: "malformed-csv",
    detail: expect.stringMatching(/the whole body is one line; send .* --data-binary$/),
  });
});

test("a header without rows is a report without rows", async () => {
  for (const text of [header, header.trim(), quotedHeader, withoutLineEnds(quotedHeader)])
    expect(await csv(text)).toMatchObject({ ok: true, observations: [], rejected: [] });
});

test("a header that is a row is told as one", async () => {
  expect(await csv(row("203.0.113.9") + row("203.0.113.8"))).toMatchObject({
    code: "malformed-csv",
    detail: 'the header has "2026-11-20 11:00:00", which names no column',
  });
});

test("a header that names a column twice says two things of every row", async () => {
  const twice = await csv(header.replace("dst_ip", "SRC_IP") + row("203.0.113.9"));
  expect(twice).toMatchObject({ ok: false, code: "malformed-csv", detail: 'the header names "src_ip" twice' });
});
