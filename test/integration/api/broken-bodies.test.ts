import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";
import { type Call, callsOf, expectAnswer, expectRefusal, fill } from "./hostile.ts";

let api: ApiUnderTest;
let changing: Call[] = [];
beforeAll(async () => {
  api = await startApi();
  await api.call("PUT", "/v1/sources/feed", { json: { kind: "third-party", trust: 90 } });
  await api.call("PUT", "/v1/subscribers/1", { json: { usernames: ["one"] } });
  changing = (await callsOf(api)).filter(({ method }) => method !== "GET");
});
afterAll(() => api.stop());

const takesJson = ({ bodies }: Call) => bodies.every((type) => type === "application/json");
const json = { "content-type": "application/json" };
const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
const deepObject = nested('{"a":', "}", 90_000);

/** What no call takes. */
const broken: readonly (readonly [what: string, body: string | Buffer])[] = [
  ["half an object", "{"],
  ["two documents", "{} {}"],
  ["a comment", "{/* nothing */}"],
  ["an array", "[]"],
  ["text", '"x"'],
  ["a number", "1e400"],
  ["a boolean", "true"],
  ["an unknown field", '{"zzz":1}'],
  ["a prototype", '{"__proto__":{"isAdmin":true}}'],
  ["a constructor", '{"constructor":{"prototype":{}}}'],
  ["deep arrays", nested("[", "]", 100_000)],
  ["deep objects", deepObject],
  ["a deep field", `{"mail":${deepObject},"params":1}`],
  ["a name that stands twice", '{"reason":"a","reason":"b"}'],
  ["U+0000 in a value", '{"reason":"a\\u0000b","zzz":"\\u0000"}'],
  ["U+0000 in a name", '{"a\\u0000b":1}'],
  ["half of a surrogate pair", '{"reason":"\\ud800","zzz":"\\udfff"}'],
  ["Latin-1", Buffer.from('{"reason":"M\xfcller"}', "latin1")],
  ["UTF-16", Buffer.from('{"reason":"x"}', "utf16le")],
  ["more than it takes", `{"reason":"${"a".repeat(1024 * 1024)}"}`],
];

test.each(broken)("%s is refused by every call that takes JSON", async (what, body) => {
  const calls = changing.filter((call) => takesJson(call) && call.method !== "DELETE");
  expect(calls.length).toBeGreaterThan(12);
  for (const { name, method, path } of calls) {
    const plain = await api.call(method, fill(path), { body, headers: json });
    expectRefusal(plain, `${name} with ${what}`);
    const headers = { ...json, "idempotency-key": `${name} ${what}` };
    expectRefusal(await api.call(method, fill(path), { body, headers }), `${name} with ${what} and an Idempotency-Key`);
  }
});

test.each(broken)("%s does no harm to a call that takes no body", async (what, body) => {
  for (const { name, method, path } of changing.filter(({ method }) => method === "DELETE"))
    expectAnswer(await api.call(method, fill(path, "nothing"), { body, headers: json }), `${name} with ${what}`);
});

test.each(broken)("%s is refused, or told row by row, by every call that takes something else", async (what, body) => {
  for (const { name, method, path, bodies } of changing.filter((call) => !takesJson(call)))
    for (const type of [
      ...bodies,
      "application/json",
      "text/csv",
      "application/x-ndjson",
      "text/html",
      "message/rfc822",
    ]) {
      const query = path === "/v1/reports" ? "?source=feed&type=event4_sinkhole" : "";
      const answer = await api.call(method, `${path}${query}`, { body, headers: { "content-type": type } });
      expectAnswer(answer, `${name} with ${what} as ${type}`);
    }
});

test.each([
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  'application/json; charset="iso-8859-1"',
  "application/json, text/plain",
  "json",
  ";",
])("a body that is called %s is not taken for JSON", async (type) => {
  for (const { name, method, path } of changing.filter((call) => takesJson(call) && call.method !== "DELETE")) {
    const answer = await api.call(method, fill(path), { body: '{"reason":"x"}', headers: { "content-type": type } });
    expect(answer.status, `${name} as ${type}`).toBe(415);
    expectRefusal(answer, `${name} as ${type}`);
  }
});

test.each([
  "application/json",
  "APPLICATION/JSON",
  "application/json;charset=UTF-8",
  'application/json; charset="us-ascii"',
])("a body that is called %s is taken for JSON", async (type) => {
  const body = '{"usernames":[]}';
  const answer = await api.call("PUT", "/v1/subscribers/typed", { body, headers: { "content-type": type } });
  expect(answer.status).toBeLessThan(300);
});

test("a compressed body is refused where it is not taken, rather than read as nonsense", async () => {
  const headers = { ...json, "content-encoding": "gzip" };
  const answer = await api.call("PUT", "/v1/subscribers/packed", { body: gzipSync('{"usernames":[]}'), headers });
  expect(answer.body).toMatchObject({ status: 400, code: "invalid-compression" });
});

test.each([
  ["malformed-json", '{"usernames":["a"],"usernames":["b"]}'],
  ["malformed-json", '{"usernames":[],"plan":{"downKbps":1,"upKbps":1,"upKbps":2}}'],
  ["malformed-json", Buffer.from('{"usernames":[],"name":"M\xfcller"}', "latin1")],
  ["invalid-body", '{"usernames":[],"name":"\\ud800"}'],
  ["invalid-body", '{"usernames":["\\ud83d"]}'],
  ["invalid-body", '{"usernames":[],"name":"a\\u0000b"}'],
  ["invalid-body", `{"usernames":[],"name":${nested("[", "]", 70)}}`],
])("%s is the code for %s", async (code, body) => {
  const answer = await api.call("PUT", "/v1/subscribers/coded", { body, headers: json });
  expect(answer.body).toMatchObject({ status: 400, code });
  expect((await api.call("GET", "/v1/subscribers/coded")).status).toBe(404);
});

test("a name that looks like another one, or stands in a value, is not taken for it", async () => {
  const body = '{"usernames":["a\\":","name\\\\","x"],"name":"\\"name\\":"}';
  const answer = await api.call("PUT", "/v1/subscribers/quoted", { body, headers: json });
  expect(answer.body).toMatchObject({ usernames: ['a":', "name\\", "x"], name: '"name":' });
});

describe("a body of a megabyte that is wrong throughout is refused within a moment", () => {
  const list = (item: (index: number) => string): string => {
    const items: string[] = [];
    for (let size = 0; size < 1_000_000; size += items.at(-1)!.length + 1) items.push(item(items.length));
    return `[${items.join(",")}]`;
  };
  const nas = '"address":"192.0.2.7","secret":"s","vendor":"generic"';
  test.each([
    ["protections", "/v1/subscribers/1", `{"usernames":[],"protections":${list(String)}}`],
    ["usernames", "/v1/subscribers/1", `{"usernames":${list((index) => `"${index}"`)}}`],
    ["session keys", "/v1/nas/1", `{${nas},"coa":{"sessionKeys":${list((index) => `"${index}"`)}}}`],
    ["attributes", "/v1/nas/1", `{${nas},"profiles":{"suspend":${list(() => "1")}}}`],
    ["rules", "/v1/subscribers/1/measures/block-ports", `{"reason":"x","params":{"rules":${list(() => "1")}}}`],
    ["an e-mail address", "/v1/subscribers/1", `{"usernames":[],"email":"${"@".repeat(1_000_000)}"}`],
    ["a locale", "/v1/subscribers/1", `{"usernames":[],"locale":"en${"-a1".repeat(300_000)}!"}`],
  ])("%s", async (what, path, body) => {
    const before = process.threadCpuUsage();
    expectRefusal(await api.call("PUT", path, { body, headers: json }), what);
    const { user, system } = process.threadCpuUsage(before);
    // Of this thread's own time, whatever else the machine does. Comparing each item with each other one took twelve seconds.
    expect((user + system) / 1_000_000).toBeLessThan(4);
  });
});

test("an item that stands twice is still refused, and said to", async () => {
  const put = (protections: string[]) =>
    api.call("PUT", "/v1/subscribers/twice", { json: { usernames: [], protections } });
  expect((await put(["medical", "medical"])).body).toMatchObject({
    code: "invalid-body",
    errors: [{ pointer: "/protections", detail: "must not have the same item twice" }],
  });
  expect((await put(["medical", "government"])).status).toBe(201);
});
