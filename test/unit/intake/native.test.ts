import { expect, test } from "vitest";
import { now, observationsIn, readBody, readJson, rejectedIn } from "./reports.ts";

const good = { ip: "203.0.113.9", at: "2026-11-20T11:00:00Z", category: "botnet" };

test("an entry becomes an observation with its category's usual severity", async () => {
  const reading = await readJson([
    { ...good, port: 4711, protocol: "TCP", name: "virut", until: "2026-11-20T11:30:00Z" },
  ]);
  expect(observationsIn(reading)).toEqual([
    {
      row: 1,
      ip: "203.0.113.9",
      port: 4711,
      protocol: "tcp",
      at: new Date("2026-11-20T11:00:00Z"),
      until: new Date("2026-11-20T11:30:00Z"),
      toldAt: now,
      category: "botnet",
      severity: "high",
      name: "virut",
      evidence: {},
      isBogon: false,
    },
  ]);
});

test.each(["sourceIp", "srcIp", "source_ip"])("%s is a name for the address", async (name) => {
  const { ip, ...rest } = good;
  expect(observationsIn(await readJson([{ ...rest, [name]: ip }]))).toMatchObject([{ ip }]);
});

test.each(["time", "timestamp", "observedAt"])("%s is a name for the time", async (name) => {
  const { at, ...rest } = good;
  expect(observationsIn(await readJson([{ ...rest, [name]: at }]))).toMatchObject([{ at: new Date(at) }]);
});

test("a list may be in an object, and an entry may stand alone", async () => {
  expect(observationsIn(await readJson({ observations: [good] }))).toHaveLength(1);
  expect(observationsIn(await readJson(good))).toHaveLength(1);
  expect(observationsIn(await readJson([]))).toEqual([]);
});

test("unknown keys are kept as evidence, beside what is called evidence", async () => {
  const [observation] = observationsIn(await readJson([{ ...good, evidence: { a: 1 }, sensor: "x", note: null }]));
  expect(observation?.evidence).toEqual({ a: 1, sensor: "x", note: null });
  const [listed] = observationsIn(await readJson([{ ...good, evidence: ["line one"] }]));
  expect(listed?.evidence).toEqual({ evidence: ["line one"] });
});

test("a name that is nearly a known one is refused: kept as evidence, a misspelt port would find the wrong customer", async () => {
  const misspelt = [
    "Port",
    "src-port",
    "SRC_IP",
    "source ip",
    "Time",
    "destination.port",
    "prot",
    "sport",
    "confidance",
  ];
  for (const name of misspelt) {
    const { port: _, confidence: __, ...rest } = { ...good, port: 1, confidence: 1 };
    const reading = await readJson([{ ...rest, [name]: 1 }, good]);
    expect(reading.ok && reading.observations.map(({ row }) => row), name).toEqual([2]);
    expect(reading.ok && reading.rejected, name).toMatchObject([{ row: 1, code: "misspelt-field" }]);
    expect(reading.ok && reading.rejected[0]?.detail, name).toContain(JSON.stringify(name));
  }
});

test("what is there need not be meant by what is like it, and evidence may be called anything", async () => {
  const rows = [
    { ...good, port: 4711, protocol: "tcp", sport: 1, prot: 2 },
    { ...good, evidence: { Port: 1, prot: 2 } },
    { ...good, dport: 80, post: "/", reporter: "x", sensor_port: 1, transport: "tcp" },
  ];
  expect(observationsIn(await readJson(rows))).toHaveLength(3);
  const [twice] = observationsIn(await readJson([{ ...good, port: 4711, sport: 1 }]));
  expect(twice).toMatchObject({ port: 4711, evidence: { sport: 1 } });
  expect(await readJson([{ ...good, port: 4711, Port: 2 }])).toMatchObject({ rejected: [{ code: "misspelt-field" }] });
});

test("passwords in evidence are not kept, however deep", async () => {
  const [observation] = observationsIn(
    await readJson([{ ...good, evidence: { login: { user: "u", Password: "p" } } }]),
  );
  expect(JSON.stringify(observation)).not.toContain('"p"');
  expect(observation?.evidence).toEqual({ login: { user: "u" } });
});

test.each([
  ["malware", "botnet"],
  ["Infected System", "botnet"],
  ["port_scan", "scanning"],
  ["login-attack", "brute-force"],
  ["DDoS", "ddos"],
  ["open_service", "vulnerable-service"],
])("the word %s means %s", async (word, category) => {
  expect(observationsIn(await readJson([{ ...good, category: word }]))).toMatchObject([{ category }]);
});

test.each<[string, object, string]>([
  ["no address", { ip: undefined }, "missing-field"],
  ["a name for an address", { ip: "host.example.com" }, "not-an-address"],
  ["a URL for an address", { ip: "http://203.0.113.9/" }, "not-an-address"],
  ["too few parts", { ip: "203.0.113" }, "invalid-address"],
  ["octal parts", { ip: "0203.0.113.9" }, "invalid-address"],
  ["a number for an address", { ip: 3_405_803_785 }, "invalid-address"],
  ["an address with a port", { ip: "203.0.113.9:80" }, "invalid-address"],
  ["a prefix", { ip: "203.0.113.0/24" }, "invalid-address"],
  ["a zone id", { ip: "fe80::1%eth0" }, "address-with-zone"],
  ["a port beyond all", { port: 65_536 }, "invalid-port"],
  ["a negative port", { port: -1 }, "invalid-port"],
  ["half a port", { port: 80.5 }, "invalid-port"],
  ["a port in words", { port: "http" }, "invalid-port"],
  ["no time", { at: undefined }, "missing-field"],
  ["a time without zone", { at: "2026-11-20T11:00:00" }, "time-without-zone"],
  ["a date alone", { at: "2026-11-20" }, "invalid-time"],
  ["seconds since 1970", { at: 1_795_172_400 }, "invalid-time"],
  ["30 February", { at: "2026-02-30T11:00:00Z" }, "invalid-time"],
  ["hour 25", { at: "2026-11-20T25:00:00Z" }, "invalid-time"],
  ["a time ahead of ours", { at: "2026-11-20T12:10:01Z" }, "time-in-future"],
  ["a time of long ago", { at: "1999-12-31T23:59:59Z" }, "time-out-of-range"],
  ["an end before the beginning", { until: "2026-11-20T10:59:59Z" }, "until-before-at"],
  ["an end in the future", { until: "2026-11-20T13:00:00Z" }, "time-in-future"],
  ["no category", { category: undefined }, "missing-field"],
  ["a category that is none", { category: "weather" }, "unknown-category"],
  ["a severity that is none", { severity: "purple" }, "invalid-field"],
  ["a protocol that is none", { protocol: "a b" }, "invalid-field"],
])("%s is refused", async (_, wrong, code) => {
  const reading = await readJson([good, { ...good, ...wrong }, good]);
  expect(rejectedIn(reading)).toEqual([[2, code]]);
  expect(observationsIn(reading).map(({ row }) => row)).toEqual([1, 3]);
});

test.each<[unknown, number | undefined]>([
  [0, undefined],
  ["", undefined],
  [null, undefined],
  ["443", 443],
  [65_535, 65_535],
])("port %j is read as %s", async (port, expected) => {
  expect(observationsIn(await readJson([{ ...good, port }]))[0]?.port).toBe(expected);
});

test.each([
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["2001:DB8:0:0::1", "2001:db8::1"],
  [" 203.0.113.9 ", "203.0.113.9"],
])("the address %s is taken as %s", async (ip, expected) => {
  expect(observationsIn(await readJson([{ ...good, ip }]))).toMatchObject([{ ip: expected }]);
});

test.each([
  "2026-11-20T12:00:00+01:00",
  "2026-11-20 11:00:00Z",
  "2026-11-20T11:00:00.000000Z",
  "2026-11-20t11:00:00z",
  "2026-11-20T12:00+0100",
])("the time %s is understood", async (at) => {
  expect(observationsIn(await readJson([{ ...good, at }]))).toMatchObject([{ at: new Date("2026-11-20T11:00:00Z") }]);
});

test.each(["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "ff02::1"])(
  "%s is marked as an address that no machine can have",
  async (ip) => {
    expect(observationsIn(await readJson([{ ...good, ip }]))).toMatchObject([{ isBogon: true }]);
  },
);

test.each(["10.0.0.1", "192.168.1.1", "100.64.0.1", "192.0.2.1", "fd00::1", "2001:db8::1"])(
  "%s may be a customer's",
  async (ip) => {
    expect(observationsIn(await readJson([{ ...good, ip }]))).toMatchObject([{ isBogon: false }]);
  },
);

test("records that are no objects are refused one by one", async () => {
  expect(rejectedIn(await readJson([1, null, "x", [], good]))).toEqual([
    [1, "malformed-row"],
    [2, "malformed-row"],
    [3, "malformed-row"],
    [4, "malformed-row"],
  ]);
});

test("NUL characters and halves of surrogate pairs cannot reach the database", async () => {
  const body = `[{"ip":"203.0.113.9","at":"2026-11-20T11:00:00Z","category":"spam","name":"a\\u0000b\\ud800c","k\\u0000":"\\udc00"}]`;
  const [observation] = observationsIn(await readBody("application/json", body));
  expect(observation?.name).toBe("a\uFFFDb\uFFFDc");
  expect(observation?.evidence).toEqual({ "k\uFFFD": "\uFFFD" });
});

test("a key __proto__ is evidence like any other and touches no prototype", async () => {
  const body = `[{"ip":"203.0.113.9","at":"2026-11-20T11:00:00Z","category":"spam","__proto__":{"polluted":true}}]`;
  const [observation] = observationsIn(await readBody("application/json", body));
  expect(Object.keys(observation?.evidence ?? {})).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(observation?.evidence)).toBe(Object.prototype);
});

test("evidence has bounds: depth and size are refused, long texts are cut and say so", async () => {
  let deep: unknown = 1;
  for (let level = 0; level < 20; level++) deep = [deep];
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, "x".repeat(10_000)]));
  const reading = await readJson([
    { ...good, deep },
    { ...good, many },
    { ...good, long: "x".repeat(20_000), name: "n".repeat(500) },
  ]);
  expect(rejectedIn(reading)).toEqual([
    [1, "evidence-too-deep"],
    [2, "evidence-too-large"],
  ]);
  const [observation] = observationsIn(reading);
  expect(observation?.evidence["long"]).toMatch(/^x{16384}… \(cut: 20000 characters\)$/);
  expect(observation?.name).toHaveLength(200 + "… (cut: 500 characters)".length);
});

test("a document nested a million levels deep is answered, not crashed on", async () => {
  const reading = await readBody("application/json", `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`);
  expect(reading.ok ? rejectedIn(reading) : reading.code).toEqual([[1, "evidence-too-deep"]]);
});

test("more rows than a report may have are refused whole", async () => {
  const reading = await readBody("application/json", `[${"1,".repeat(100_000)}1]`);
  expect(reading).toMatchObject({ ok: false, code: "too-many-rows" });
});

test("ten minutes ahead is a clock, not a mistake", async () => {
  const at = new Date(now.getTime() + 10 * 60_000).toISOString();
  expect(observationsIn(await readJson([{ ...good, at }]))).toHaveLength(1);
});

test.each([
  ['"ip":"203.0.113.9","at":"2026-11-20T11:00:00Z","category":"botnet","ip":"203.0.113.10"', true],
  ['"ip":"203.0.113.9","at":"2026-11-20T11:00:00Z","category":"botnet","\\u0069p":"203.0.113.10"', true],
  ['"ip":"203.0.113.9","at":"2026-11-20T11:00:00Z","category":"botnet","evidence":{"a":1,"a":2}', true],
  ['"ip":"203.0.113.9","at":"2026-11-20T11:00:00Z","category":"botnet","evidence":{"ip":"203.0.113.9"}', false],
])(
  "a record with {%s} names a field twice: %s; it alone is refused, in a list and by itself",
  async (fields, isDouble) => {
    const other = JSON.stringify(good);
    const body = (text: string) => readBody("application/json", text);
    const rejected = isDouble ? [[1, "malformed-row"]] : [];
    for (const text of [`[{${fields}},${other}]`, `{"observations":[{${fields}},${other}]}`]) {
      const reading = await body(text);
      expect(rejectedIn(reading)).toEqual(rejected);
      expect(observationsIn(reading)).toHaveLength(isDouble ? 1 : 2);
    }
    expect(rejectedIn(await body(`{${fields}}`))).toEqual(rejected);
  },
);

test("a time that is none is told with the form that is asked for", async () => {
  const reading = await readJson([
    { ...good, at: "20 November" },
    { ...good, at: 1 },
  ]);
  expect(reading).toMatchObject({
    rejected: [
      { code: "invalid-time", detail: '"20 November" is not a date and time of RFC 3339 (2026-01-31T12:00:00Z)' },
      { code: "invalid-time", detail: "a time is text: a date and time of RFC 3339 (2026-01-31T12:00:00Z)" },
    ],
  });
});
