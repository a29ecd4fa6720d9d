import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const put = (id: string, json: object) => api.call("PUT", `/v1/subscribers/${encodeURIComponent(id)}`, { json });
const get = async (id: string) => (await api.call("GET", `/v1/subscribers/${encodeURIComponent(id)}`)).body;

describe("PUT /v1/subscribers/{id}", () => {
  const anna = {
    usernames: ["anna@isp", "anna2@isp"],
    name: "Anna Ärger",
    email: "anna@example.net",
    phone: "+61 2 5550 0000",
    locale: "en-AU",
    class: "business",
    plan: { downKbps: 50_000, upKbps: 10_000 },
    protections: ["medical"],
    credential: { password: "correct horse" },
  };

  test("creates with everything it is told, but for the password, which it never tells", async () => {
    const made = await put("c1", anna);
    expect(made.status).toBe(201);
    const { credential: _credential, ...told } = anna;
    expect(made.body).toMatchObject({
      id: "c1",
      ...told,
      usernames: ["anna2@isp", "anna@isp"],
      hasCredential: true,
      isAutomatic: false,
    });
    expect(await get("c1")).toMatchObject({ measures: [], sessions: [], cases: [] });
    const texts = [made.text, (await api.call("GET", "/v1/audit")).text, api.logged.join("")];
    for (const text of texts) expect(text).not.toContain("correct horse");
  });

  test("replaces: what is left out is gone, but an omitted credential stays", async () => {
    const { status, body } = await put("c1", { usernames: ["anna@isp"] });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      usernames: ["anna@isp"],
      name: null,
      plan: null,
      class: "residential",
      protections: [],
      hasCredential: true,
    });
  });

  test("refuses a username of another subscriber with 409, and changes nothing", async () => {
    const answer = await put("c2", { usernames: ["new", "anna@isp"] });
    expect(answer.body).toMatchObject({ status: 409, code: "username-taken" });
    expect(answer.body.detail).toContain("c1");
    expect((await api.call("GET", "/v1/subscribers/c2")).body.code).toBe("unknown-subscriber");
    expect((await put("c3", { usernames: ["new"] })).status).toBe(201);
  });

  test("lets a username move once its owner gave it up", async () => {
    await put("m1", { usernames: ["moving"] });
    await put("m1", { usernames: [] });
    expect((await put("m2", { usernames: ["moving"] })).status).toBe(201);
    expect((await get("m1")).usernames).toEqual([]);
  });

  test("takes any id that a User-Name can be", async () => {
    const id = "a/b c?d#e%f@isp/ü";
    expect((await put(id, { usernames: [id] })).status).toBe(201);
    expect((await get(id)).id).toBe(id);
    const long = "x".repeat(253);
    expect((await put(long, { usernames: [long] })).status).toBe(201);
  });

  test("takes nothing for absent", async () => {
    expect(
      (await put("c4", { usernames: [], name: null, email: null, phone: null, locale: null, plan: null })).status,
    ).toBe(201);
  });

  test.each([
    [{}, "/usernames"],
    [{ usernames: "anna" }, "/usernames"],
    [{ usernames: [""] }, "/usernames/0"],
    [{ usernames: ["a", "a"] }, "/usernames"],
    [{ usernames: ["a\u0000b"] }, "/usernames/0"],
    [{ usernames: [], name: 5 }, "/name"],
    [{ usernames: [], email: "x" }, "/email"],
    [{ usernames: [], plan: { downKbps: 1 } }, "/plan/upKbps"],
    [{ usernames: [], plan: { downKbps: -1, upKbps: 1 } }, "/plan/downKbps"],
    [{ usernames: [], class: "vip" }, "/class"],
    [{ usernames: [], protections: ["x"] }, "/protections/0"],
    [{ usernames: [], credential: { password: "x".repeat(129) } }, "/credential/password"],
    [{ usernames: [], credential: {} }, "/credential/password"],
    [{ usernames: [], isAutomatic: true }, "/isAutomatic"],
    [{ usernames: [], id: "other" }, "/id"],
  ])("refuses %j at %s", async (json, pointer) => {
    const { body } = await put("wrong", json);
    expect(body).toMatchObject({ status: 400, code: "invalid-body" });
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test.each(["[]", '"x"', "null", "5", "true"])("refuses the body %s", async (body) => {
    const answer = await api.call("PUT", "/v1/subscribers/wrong", {
      body,
      headers: { "content-type": "application/json" },
    });
    expect(answer.body).toMatchObject({ status: 400, code: "invalid-body" });
  });

  test("of two at once for the same username one wins, and the other is told so", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => put(`race${index}`, { usernames: ["wanted"] })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });
});

describe("GET /v1/subscribers", () => {
  beforeAll(async () => {
    await put("s-4711", {
      usernames: ["smith@isp"],
      name: "Jane van der Smith",
      email: "jane@example.org",
      phone: "0255501234",
    });
    await put("s-100%", { usernames: ["percent"] });
  });

  test.each(["s-4711", "S-47", "smith@", "jane@exa", "02555", "jane smi", "Smith van", "s-100%"])(
    "finds by %j",
    async (search) => {
      const { body } = await api.call("GET", `/v1/subscribers?search=${encodeURIComponent(search)}`);
      expect(body.items.map(({ id }: { id: string }) => id)).toEqual([
        search.startsWith("s-100") ? "s-100%" : "s-4711",
      ]);
    },
  );

  test.each(["mith", "%", "_", "'", "\\", "o'x & | ! :*", "()"])(
    "finds nothing by %j, and does not fail",
    async (search) => {
      const { status, body } = await api.call("GET", `/v1/subscribers?search=${encodeURIComponent(search)}`);
      expect(status).toBe(200);
      expect(body.items).toEqual([]);
    },
  );

  test("finds the owner of a username", async () => {
    const { body } = await api.call("GET", "/v1/subscribers?username=smith@isp");
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(["s-4711"]);
  });

  test("walks all pages, each subscriber once", async () => {
    const ids: string[] = [];
    let path = "/v1/subscribers?limit=3";
    for (;;) {
      const { body } = await api.call("GET", path);
      ids.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.next === null) break;
      path = `/v1/subscribers?limit=3&cursor=${body.next}`;
    }
    const [row] = await api.database.query<{ count: string }>("select count(*) from subscriber");
    expect(ids).toHaveLength(Number(row?.count));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("DELETE /v1/subscribers/{id}", () => {
  test("removes one on whom nothing stands, and refuses the others", async () => {
    await put("d1", { usernames: ["d1"] });
    expect((await api.call("DELETE", "/v1/subscribers/d1")).status).toBe(204);
    expect((await api.call("DELETE", "/v1/subscribers/d1")).body.code).toBe("unknown-subscriber");
    await put("d2", { usernames: ["d2"] });
    await api.call("PUT", "/v1/subscribers/d2/measures/suspend", { json: { reason: "test" } });
    const refused = await api.call("DELETE", "/v1/subscribers/d2");
    expect(refused.body).toMatchObject({ status: 409, code: "subscriber-in-use" });
    expect(refused.body.detail).toContain("measures");
  });

  test("refuses one of whom nothing may be lost, and says so", async () => {
    await put("d3", { usernames: ["d3"] });
    await api.database.query("insert into legal_hold (subscriber_id, reason) values ('d3', 'court order')");
    const { body } = await api.call("DELETE", "/v1/subscribers/d3");
    expect(body).toMatchObject({ code: "subscriber-in-use", detail: "subscriber d3 still has a legal hold" });
    await api.database.query("delete from legal_hold");
    expect((await api.call("DELETE", "/v1/subscribers/d3")).status).toBe(204);
  });
});

describe("a regenerated password", () => {
  test("is told once, to the helpdesk, and that is in the audit", async () => {
    await put("p1", { usernames: ["p1"], credential: { password: "old-one" } });
    const key = await api.keyOf("helpdesk");
    const post = (what: string) => api.call("POST", `/v1/subscribers/p1/password/${what}`, { key });
    expect((await post("reveal")).body).toMatchObject({ status: 409, code: "no-password-waiting" });
    expect((await post("regenerate")).status).toBe(200);
    const told = await post("reveal");
    expect(told.body.password).toMatch(/^\S{12,}/);
    expect(told.body.password).not.toBe("old-one");
    expect((await post("reveal")).body).toMatchObject({ status: 409, code: "already-revealed" });
    const audit = await api.call("GET", "/v1/audit?subject=subscriber:p1");
    expect(audit.body.items.map(({ action }: { action: string }) => action)).toEqual([
      "password.reveal",
      "password.regenerate",
      "subscriber.put",
    ]);
    expect(audit.text).not.toContain(told.body.password);
    expect(api.logged.join("")).not.toContain(told.body.password);
  });

  test("needs a subscriber, and a password to be regenerated", async () => {
    await put("p2", { usernames: [] });
    expect((await api.call("POST", "/v1/subscribers/p2/password/regenerate")).body).toMatchObject({
      status: 409,
      code: "no-credential",
    });
    expect((await api.call("POST", "/v1/subscribers/nobody/password/regenerate")).body.code).toBe("unknown-subscriber");
    expect((await api.call("POST", "/v1/subscribers/nobody/password/reveal")).body.code).toBe("unknown-subscriber");
  });
});
