import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
/** What must lie nowhere, by what it is. */
const secrets = new Map<string, string>();
/** Bodies that hold one, as they were sent: a plain digest of one lets its password be guessed. */
const sent: string[] = [];

const nasSecret = "shared-4711-secret";
const password = "hunter2-by-the-customer";
const imported = "swordfish-from-a-file";

async function send(method: string, path: string, json?: object): Promise<Record<string, string>> {
  const headers = { "idempotency-key": `${method} ${path}` };
  const call = () => api.call(method, path, { headers, ...(json && { json }) });
  const first = await call();
  expect(first.status, `${method} ${path} ${first.text}`).toBeLessThan(300);
  if (json) sent.push(`${method} ${path}\n${JSON.stringify(json)}`);
  await call();
  return first.body;
}

beforeAll(async () => {
  api = await startApi();
  await send("PUT", "/v1/nas/bng", { address: "192.0.2.1", secret: nasSecret, vendor: "generic" });
  secrets.set("a NAS's secret", nasSecret);
  for (const name of ["ann", "ben"])
    await send("PUT", `/v1/subscribers/${name}`, { usernames: [name], credential: { password } });
  secrets.set("a password", password);
  const body = `id,usernames,password\ncid,cid,${imported}\n`;
  const file = { body, headers: { "content-type": "text/csv", "idempotency-key": "import" } };
  expect((await api.call("POST", "/v1/subscribers/import", file)).body).toMatchObject({ accepted: 1 });
  secrets.set("an imported password", imported);
  const made = await send("POST", "/v1/keys", { role: "viewer", name: "console" });
  secrets.set("a new API key", made["key"] ?? "");
  await send("POST", "/v1/subscribers/ann/password/regenerate");
  const revealed = await api.call("POST", "/v1/subscribers/ann/password/reveal", {
    headers: { "idempotency-key": "r" },
  });
  secrets.set("a regenerated password", revealed.body.password);
  await send("PUT", "/v1/subscribers/ben/measures/regenerate-password", { reason: "x", params: { when: "now" } });
  const told = await api.call("POST", "/v1/subscribers/ben/password/reveal");
  secrets.set("a password that was regenerated at once", told.body.password);
});
afterAll(() => api.stop());

interface Cell {
  readonly place: string;
  readonly octets: Buffer;
}

/** Every value in the database that can hold text or octets. */
async function cells(): Promise<Cell[]> {
  const columns = await api.database.query<{ name: string; column: string; type: string }>(
    `select quote_ident(table_name) as name, quote_ident(column_name) as column, data_type as type
     from information_schema.columns where table_schema = 'public'
       and data_type in ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')`,
  );
  const found: Cell[] = [];
  for (const { name, column, type } of columns) {
    const octets = type === "bytea" ? column : `convert_to(${column}::text, 'UTF8')`;
    const rows = await api.database.query<{ octets: Buffer }>(
      `select ${octets} as octets from ${name} where ${column} is not null`,
    );
    found.push(...rows.map((row) => ({ place: `${name}.${column}`, octets: row.octets })));
  }
  return found;
}

const digests = (text: string): Buffer[] =>
  ["md5", "sha1", "sha256", "sha512"].map((algorithm) => createHash(algorithm).update(text).digest());

/** The forms in which what is hidden is not hidden. */
const formsOf = (octets: Buffer): Buffer[] =>
  [octets, octets.toString("hex"), octets.toString("base64"), octets.toString("base64url")].map((form) =>
    Buffer.from(form),
  );

async function placesOf(hidden: readonly Buffer[]): Promise<string[]> {
  const forms = hidden.flatMap(formsOf);
  return (await cells()).filter(({ octets }) => forms.some((form) => octets.includes(form))).map(({ place }) => place);
}

test("the search finds what is there to be found", async () => {
  expect(secrets.size).toBe(6);
  for (const [what, secret] of secrets) expect(secret.length, what).toBeGreaterThan(15);
  expect(await placesOf([Buffer.from("console")])).toContain("api_key.name");
  expect(
    await placesOf([
      createHash("sha256")
        .update(secrets.get("a new API key") ?? "")
        .digest(),
    ]),
  ).toEqual(["api_key.sha256"]);
});

test("no secret lies in the database in plain text, in no table and in no encoding", async () => {
  for (const [what, secret] of secrets) expect(await placesOf([Buffer.from(secret)]), what).toEqual([]);
});

test("no digest lies there by which a password could be guessed, alone or within the request that brought it", async () => {
  const guessable = [...secrets].filter(([what]) => what !== "a new API key").map(([, secret]) => secret);
  expect(sent.length).toBeGreaterThan(3);
  expect(await placesOf([...guessable, ...sent].flatMap(digests))).toEqual([]);
});

test("no secret is in the log", () => {
  const logged = api.logged.join("");
  for (const [what, secret] of secrets) expect(logged.includes(secret), what).toBe(false);
});

test("the answer that made a key is given again to whoever made it, and to nobody else", async () => {
  const again = (key?: string) =>
    api.call("POST", "/v1/keys", {
      json: { role: "viewer", name: "console" },
      headers: { "idempotency-key": "POST /v1/keys" },
      ...(key === undefined ? {} : { key }),
    });
  expect((await again()).body.key).toBe(secrets.get("a new API key"));
  const other = await again(await api.keyOf("admin"));
  expect(other.status).toBe(201);
  expect(other.body.key).not.toBe(secrets.get("a new API key"));
});
