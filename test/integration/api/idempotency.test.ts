import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const under = (key: string) => ({ "idempotency-key": key });

test("the same request again gets the same answer, and is not done again", async () => {
  const make = () => api.call("POST", "/v1/keys", { json: { role: "viewer" }, headers: under("make-1") });
  const first = await make();
  const second = await make();
  expect(second.status).toBe(201);
  expect(second.body).toEqual(first.body);
  expect(second.headers["content-type"]).toBe(first.headers["content-type"]);
  expect(second.headers["idempotency-replayed"]).toBe("true");
  const { body } = await api.call("GET", "/v1/keys");
  expect(body.items).toHaveLength(1);
});

test("what is kept is sealed: no key or password of an answer stands in the database", async () => {
  const { body } = await api.call("POST", "/v1/keys", { json: { role: "viewer" }, headers: under("sealed") });
  const rows = await api.database.query("select encode(answer_sealed, 'escape') as kept from idempotent_request");
  expect(JSON.stringify(rows)).not.toContain(body.key.slice(6, 20));
});

test("another body, path or method under the same key is refused with 422", async () => {
  const put = (usernames: string[], path = "/v1/subscribers/i1", method = "PUT") =>
    api.call(method, path, { json: { usernames }, headers: under("put-1") });
  expect((await put(["i1"])).status).toBe(201);
  for (const answer of [
    await put(["other"]),
    await put(["i1"], "/v1/subscribers/i2"),
    await put(["i1"], "/v1/subscribers/i1", "DELETE"),
  ])
    expect(answer.body).toMatchObject({ status: 422, code: "idempotency-key-reused" });
  expect((await api.call("GET", "/v1/subscribers/i1")).body.usernames).toEqual(["i1"]);
});

test("a created answer stays 201 when it is asked for again", async () => {
  const put = () => api.call("PUT", "/v1/subscribers/i3", { json: { usernames: [] }, headers: under("put-3") });
  expect((await put()).status).toBe(201);
  expect((await put()).status).toBe(201);
});

test("two API keys do not share Idempotency-Keys", async () => {
  const admin = await api.keyOf("admin");
  const put = (key: string, usernames: string[]) =>
    api.call("PUT", "/v1/subscribers/i4", { key, json: { usernames }, headers: under("shared") });
  expect((await put(admin, ["a4"])).status).toBe(201);
  expect((await put(await api.keyOf("admin"), ["b4"])).status).toBe(200);
});

test("of many at once one is done, and all get its answer", async () => {
  const all = await Promise.all(
    Array.from({ length: 12 }, () =>
      api.call("POST", "/v1/keys", { json: { role: "helpdesk", name: "race" }, headers: under("race") }),
    ),
  );
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(all.map(({ body }) => body.key)).size).toBe(1);
  const rows = await api.database.query("select id from api_key where name = 'race'");
  expect(rows).toHaveLength(1);
});

test("a refusal is kept too; what never began is not", async () => {
  const put = () =>
    api.call("PUT", "/v1/nas/i5", { json: { address: "192.0.2.1", vendor: "generic" }, headers: under("nas-5") });
  expect((await put()).body.code).toBe("secret-required");
  expect((await put()).headers["idempotency-replayed"]).toBe("true");
  const invalid = (vendor: unknown) =>
    api.call("PUT", "/v1/nas/i6", { json: { address: "192.0.2.6", secret: "s", vendor }, headers: under("nas-6") });
  expect((await invalid(5)).status).toBe(400);
  expect((await invalid("generic")).status).toBe(201);
});

test("a claim whose process died is taken over when it runs out, by the same request only", async () => {
  const put = (usernames: string[]) =>
    api.call("PUT", "/v1/subscribers/i7", { json: { usernames }, headers: under("dead") });
  await put([]);
  await api.database.query(
    "update idempotent_request set status = null, answer_sealed = null, claimed_until = now() - interval '1 s' where idempotency_key = 'dead'",
  );
  expect((await put(["other"])).status).toBe(422);
  expect((await put([])).status).toBe(200);
});

test("after a day the key is free again", async () => {
  const put = (usernames: string[]) =>
    api.call("PUT", "/v1/subscribers/i8", { json: { usernames }, headers: under("old") });
  await put([]);
  await api.database.query(
    "update idempotent_request set created_at = now() - interval '25 h' where idempotency_key = 'old'",
  );
  expect((await put(["i8"])).status).toBe(200);
});

test.each(["", "x".repeat(256), "ä"])("%j is no Idempotency-Key", async (key) => {
  const answer = await api.call("PUT", "/v1/subscribers/i9", {
    json: { usernames: [] },
    headers: under(Buffer.from(key).toString("latin1")),
  });
  expect(answer.body).toMatchObject({ status: 400, code: "invalid-header" });
});

test("an empty answer is kept as an empty answer", async () => {
  await api.call("PUT", "/v1/subscribers/i10", { json: { usernames: [] } });
  const remove = () => api.call("DELETE", "/v1/subscribers/i10", { headers: under("remove") });
  expect((await remove()).status).toBe(204);
  const again = await remove();
  expect(again.status).toBe(204);
  expect(again.text).toBe("");
});

test("an import sent again under the same key is not stored again, and another file is refused", async () => {
  const send = (body: string) =>
    api.call("POST", "/v1/subscribers/import", { body, headers: { "content-type": "text/csv", ...under("import") } });
  const first = await send("id,usernames\nim1,im1\n");
  expect(first.body).toMatchObject({ accepted: 1, created: 1 });
  expect((await send("id,usernames\nim1,im1\n")).body).toEqual(first.body);
  expect((await send("id,usernames\nim2,im2\n")).body.code).toBe("idempotency-key-reused");
});
