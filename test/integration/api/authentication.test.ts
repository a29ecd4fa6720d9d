import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mayUse, type Right, type Role, roles } from "../../../src/api/rights.ts";
import { type ApiUnderTest, adminKey, type Body, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
const keys = new Map<Role, string>();

beforeAll(async () => {
  api = await startApi();
  await api.call("PUT", "/v1/sources/s1", { json: { kind: "third-party", trust: 90 } });
  for (const role of roles) keys.set(role, await api.keyOf(role, role === "ingest" ? "s1" : undefined));
});
afterAll(() => api.stop());

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly right: Right;
  readonly allowed: readonly Role[];
  readonly isOpen: boolean;
}

async function operations(): Promise<Operation[]> {
  const { body } = await api.call("GET", "/openapi.json", { key: null });
  return Object.entries<Body>(body.paths).flatMap(([path, methods]) =>
    Object.entries<Body>(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      // What cannot exist, so that a call that is let in changes nothing.
      path: path.replace("{kind}", "throttle").replaceAll(/\{\w+\}/g, "0"),
      right: operation["x-right"],
      allowed: operation["x-roles"],
      isOpen: operation.security?.length === 0,
    })),
  );
}

/** An unknown parameter: whoever is let in hears of it, and nothing is done, nor listened to. */
const harmless = ({ path }: Operation) => `${path}?unknown=1`;

describe("every route", () => {
  test("takes keys of the roles that its document names, and refuses all others with 403", async () => {
    const all = (await operations()).filter(({ isOpen }) => !isOpen);
    expect(all.length).toBeGreaterThan(40);
    for (const operation of all) {
      const { method, path, right, allowed } = operation;
      for (const role of roles) {
        const { status } = await api.call(method, harmless(operation), { key: keys.get(role) ?? "" });
        const isLetIn = allowed.includes(role);
        expect(status, `${role} ${method} ${path} (${right}) answered ${status}`).toSatisfy((one) =>
          (isLetIn ? [400, 404] : [403]).includes(one),
        );
        expect(isLetIn, `${role} ${method} ${path} (${right})`).toBe(mayUse(role, right));
      }
    }
  });

  test("asks for a key, but for those that say nothing of anybody", async () => {
    const all = await operations();
    const open = all.filter(({ isOpen }) => isOpen).map(({ path }) => path);
    expect(open.sort()).toEqual(["/livez", "/metrics", "/openapi.json", "/readyz"]);
    for (const operation of all) {
      const { method, path, right, isOpen } = operation;
      const answer = await api.call(method, harmless(operation), { key: null });
      expect(answer.status === 401, `${method} ${path} answered ${answer.status}`).toBe(right !== "open");
      expect(isOpen, `${method} ${path}`).toBe(right === "open");
    }
  });
});

describe("a key", () => {
  test.each([
    ["none", undefined],
    ["one that nobody made", "Bearer weir_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    ["another scheme", `Basic ${Buffer.from(`x:${adminKey}`).toString("base64")}`],
    ["nothing after Bearer", "Bearer "],
    ["one with a space in it", `Bearer ${adminKey} x`],
    ["one that begins as the right one", `Bearer ${adminKey.slice(0, -1)}`],
  ])("that is %s is answered 401 with how to do it", async (_name, authorization) => {
    const answer = await api.call("GET", "/v1/nas", {
      key: null,
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      status: 401,
      code: "unauthenticated",
      title: expect.any(String),
      type: expect.any(String),
      detail: expect.any(String),
    });
  });

  test("is shown once, has 256 random bits, and is stored as its digest only", async () => {
    const made = await api.call("POST", "/v1/keys", { json: { role: "viewer", name: "console" } });
    expect(made.status).toBe(201);
    expect(Buffer.from(made.body.key.replace(/^weir_/, ""), "base64url")).toHaveLength(32);
    const again = await api.call("GET", `/v1/keys/${made.body.id}`);
    expect(again.body).toMatchObject({ name: "console", role: "viewer", revokedAt: null });
    expect(again.text).not.toContain(made.body.key);
    const dump = await api.database.query("select api_key::text, audit::text from api_key, audit");
    expect(JSON.stringify(dump)).not.toContain(made.body.key);
  });

  test("that is revoked is refused at once", async () => {
    const made = (await api.call("POST", "/v1/keys", { json: { role: "viewer" } })).body;
    expect((await api.call("GET", "/v1/nas", { key: made.key })).status).toBe(200);
    const revoked = await api.call("DELETE", `/v1/keys/${made.id}`);
    expect(revoked.body.revokedAt).toMatch(/^\d{4}-.*Z$/);
    expect((await api.call("GET", "/v1/nas", { key: made.key })).status).toBe(401);
    expect((await api.call("DELETE", `/v1/keys/${made.id}`)).body.revokedAt).toBe(revoked.body.revokedAt);
  });

  test("of role ingest is made for one source that exists, and for no other role", async () => {
    expect((await api.call("POST", "/v1/keys", { json: { role: "ingest" } })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: "/source" }],
    });
    expect((await api.call("POST", "/v1/keys", { json: { role: "ingest", source: "nobody" } })).body.code).toBe(
      "unknown-source",
    );
    expect((await api.call("POST", "/v1/keys", { json: { role: "viewer", source: "s1" } })).status).toBe(400);
  });

  test("of role ingest speaks for its own source only", async () => {
    const key = keys.get("ingest") ?? "";
    const report = { key, json: [] };
    expect((await api.call("POST", "/v1/reports?source=other", report)).body.code).toBe("forbidden");
    const own = await api.call("POST", "/v1/reports", { key, json: { observations: [] } });
    expect(own.status).not.toBe(403);
  });

  test("that was given from outside works as it is, and is in no list", async () => {
    const { body } = await api.call("GET", "/v1/keys?limit=1000");
    expect(JSON.stringify(body)).not.toContain(adminKey);
    expect((await api.call("GET", "/v1/nas", { key: adminKey })).status).toBe(200);
  });
});

test("an address without a valid key is told to wait after many failures, while a valid key of the same address goes on", async () => {
  const failing = Array.from({ length: 700 }, () => api.call("GET", "/v1/nas", { key: "wrong" }));
  const answers = await Promise.all(failing);
  const last = answers.at(-1);
  expect(last?.status).toBe(429);
  expect(last?.body.code).toBe("too-many-failures");
  expect(Number(last?.headers["retry-after"])).toBeGreaterThan(0);
  expect((await api.call("GET", "/v1/nas")).status).toBe(200);
});

test("nothing secret of all this was logged", () => {
  const text = api.logged.join("");
  for (const secret of [adminKey, ...keys.values()]) expect(text).not.toContain(secret);
});
