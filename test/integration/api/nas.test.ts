import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { session } from "../response/customers.ts";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const bng = { address: "192.0.2.10", secret: "testing123", vendor: "mikrotik" };
const put = (id: string, json: object) => api.call("PUT", `/v1/nas/${id}`, { json });

describe("PUT /v1/nas/{id}", () => {
  test("creates with 201, replaces with 200, and never answers or keeps the secret in clear", async () => {
    const made = await put("bng1", {
      ...bng,
      identifier: "bng-1",
      coa: { timeoutMs: 500, retries: 2, sessionKeys: ["Acct-Session-Id"] },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      id: "bng1",
      vendor: "mikrotik",
      coaPort: 3799,
      requireMessageAuthenticator: "auto",
      coa: { timeoutMs: 500 },
    });
    expect((await put("bng1", { ...bng, address: "192.0.2.11" })).status).toBe(200);
    const texts = [
      made.text,
      (await api.call("GET", "/v1/nas/bng1")).text,
      (await api.call("GET", "/v1/nas")).text,
      (await api.call("GET", "/v1/audit")).text,
    ];
    const rows = JSON.stringify(await api.database.query("select encode(secret_sealed, 'escape') from nas"));
    for (const text of [...texts, rows, api.logged.join("")]) expect(text).not.toContain("testing123");
  });

  test("replaces: what is left out has its default again, but the secret stays", async () => {
    await put("bng2", { ...bng, address: "192.0.2.12", coaPort: 1700, identifier: "x" });
    const { body } = await put("bng2", { address: "192.0.2.12", vendor: "generic" });
    expect(body).toMatchObject({ vendor: "generic", coaPort: 3799, identifier: null });
  });

  test("takes the vendor's own port where none is given", async () => {
    expect((await put("cisco", { ...bng, address: "192.0.2.13", vendor: "cisco-ios-xe" })).body.coaPort).toBe(1700);
  });

  test("knows an IPv4 address in IPv6 clothes as IPv4", async () => {
    expect((await put("mapped", { ...bng, address: "::ffff:192.0.2.14" })).body.address).toBe("192.0.2.14");
  });

  test("takes profiles in either form and shows them with names as keys", async () => {
    const profiles = { throttle: { "Mikrotik-Rate-Limit": "1M/1M" }, none: [{ name: "Filter-Id", value: "open" }] };
    const { status, body } = await put("bng3", { ...bng, address: "192.0.2.15", profiles });
    expect(status).toBe(201);
    expect(body.profiles).toEqual({ throttle: { "Mikrotik-Rate-Limit": "1M/1M" }, none: { "Filter-Id": "open" } });
  });

  test.each([
    ["no address", { secret: "s", vendor: "generic" }, 400, "invalid-body", "/address"],
    ["a name for an address", { ...bng, address: "bng.example" }, 400, "invalid-body", "/address"],
    ["an address with a zone", { ...bng, address: "fe80::1%eth0" }, 400, "invalid-body", "/address"],
    ["a port out of range", { ...bng, coaPort: 65_536 }, 400, "invalid-body", "/coaPort"],
    ["a port as text", { ...bng, coaPort: "3799" }, 400, "invalid-body", "/coaPort"],
    ["an empty secret", { ...bng, secret: "" }, 400, "invalid-body", "/secret"],
    ["an unknown field", { ...bng, colour: "red" }, 400, "invalid-body", "/colour"],
    ["an unknown coa field", { ...bng, coa: { retry: 1 } }, 400, "invalid-body", "/coa/retry"],
    ["an unknown measure", { ...bng, profiles: { punish: {} } }, 400, "invalid-body", "/profiles/punish"],
    ["an unknown vendor", { ...bng, vendor: "acme" }, 400, "unknown-vendor", "/vendor"],
    [
      "an unknown attribute",
      { ...bng, profiles: { none: { "No-Such": "x" } } },
      400,
      "unknown-attribute",
      "/profiles/none/No-Such",
    ],
    [
      "a value that does not fit",
      { ...bng, profiles: { none: { "Session-Timeout": "soon" } } },
      400,
      "invalid-attribute-value",
      "/profiles/none/Session-Timeout",
    ],
    [
      "a value that is too long",
      { ...bng, profiles: { none: { "Filter-Id": "x".repeat(254) } } },
      400,
      "invalid-attribute-value",
      "/profiles/none/Filter-Id",
    ],
    [
      "a tag where there is none",
      { ...bng, profiles: { none: { "Filter-Id:1": "x" } } },
      400,
      "invalid-attribute-value",
      "/profiles/none/Filter-Id:1",
    ],
    [
      "an unknown session key",
      { ...bng, coa: { sessionKeys: ["No-Such"] } },
      400,
      "unknown-attribute",
      "/coa/sessionKeys/0",
    ],
    [
      "session keys that name no session",
      { ...bng, coa: { sessionKeys: ["NAS-IP-Address", "NAS-Identifier"] } },
      400,
      "invalid-body",
      "/coa/sessionKeys",
    ],
    [
      "attributes for a suspension",
      { ...bng, profiles: { suspend: { "Filter-Id": "x" } } },
      400,
      "invalid-body",
      "/profiles/suspend",
    ],
    ["no session keys at all", { ...bng, coa: { sessionKeys: [] } }, 400, "invalid-body", "/coa/sessionKeys"],
    ["another id than the path's", { ...bng, id: "other" }, 400, "invalid-body", "/id"],
  ])("refuses %s", async (_name, json, status, code, pointer) => {
    const answer = await put("wrong", json);
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect((await api.call("GET", "/v1/nas/wrong")).status).toBe(404);
  });

  test("a second NAS at the same address needs another identifier", async () => {
    await put("twin1", { ...bng, address: "192.0.2.20", identifier: "a" });
    expect((await put("twin2", { ...bng, address: "192.0.2.20", identifier: "b" })).status).toBe(201);
    expect((await put("twin3", { ...bng, address: "192.0.2.20", identifier: "a" })).body).toMatchObject({
      status: 409,
      code: "address-taken",
    });
  });

  test("tells every fault at once", async () => {
    const { body } = await put("wrong", { address: 5, vendor: 5, coaPort: 0, colour: 1 });
    expect(body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
      "/address",
      "/coaPort",
      "/colour",
      "/vendor",
    ]);
  });
});

describe("reading and removing", () => {
  test("the list goes on where its cursor says", async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await api.call("GET", `/v1/nas?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`);
      expect(body.items.length).toBeLessThanOrEqual(2);
      ids.push(...body.items.map((nas: { id: string }) => nas.id));
      cursor = body.next;
    } while (cursor !== null);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain("bng1");
  });

  test.each(["limit=0", "limit=1001", "limit=many", "limit=1.5", "limit=5&limit=6", "colour=red"])(
    "?%s is refused with its name",
    async (query) => {
      const { body } = await api.call("GET", `/v1/nas?${query}`);
      expect(body).toMatchObject({
        status: 400,
        code: "invalid-query",
        errors: [{ pointer: `/${query.split("=")[0]}` }],
      });
    },
  );

  test("an invented cursor is refused", async () => {
    for (const path of [
      "nas",
      "subscribers",
      "sources",
      "sessions",
      "cases",
      "measures",
      "enforcements",
      "observations",
      "audit",
      "keys",
      "jobs",
      "breakers",
    ])
      for (const cursor of ["nonsense!", "W10", "eyJhIjoxfQ"])
        expect((await api.call("GET", `/v1/${path}?cursor=${cursor}`)).body, `${path} ${cursor}`).toMatchObject({
          status: 400,
          code: "invalid-cursor",
        });
  });

  test("DELETE removes it; a second time there is none", async () => {
    await put("gone", { ...bng, address: "192.0.2.30" });
    expect((await api.call("DELETE", "/v1/nas/gone")).status).toBe(204);
    expect((await api.call("DELETE", "/v1/nas/gone")).body.code).toBe("unknown-nas");
  });

  const anHourAgo = () => new Date(Date.now() - 3_600_000);
  const openOn = async (nas: string, seen: Date): Promise<string> =>
    await session(api.database, { subscriber: null, prefix: "203.0.113.9/32", from: new Date(0), nas, seen });
  const stopOf = async (id: string) => {
    const { body } = await api.call("GET", `/v1/sessions/${id}`);
    return [body.stoppedAt, body.terminateCause];
  };

  test("DELETE leaves a NAS that customers are on, and says how many", async () => {
    await put("busy", { ...bng, address: "192.0.2.31" });
    const sessions = [await openOn("busy", anHourAgo()), await openOn("busy", new Date(0))];
    const { body } = await api.call("DELETE", "/v1/nas/busy");
    expect(body).toMatchObject({ status: 409, code: "nas-in-use" });
    expect(body.detail).toContain("NAS busy has 2 open sessions");
    expect((await api.call("GET", "/v1/nas/busy")).status).toBe(200);
    for (const id of sessions) expect(await stopOf(id)).toEqual([null, null]);
    await api.database.query("update session set stopped_at = now() where nas_id = 'busy'");
    expect((await api.call("DELETE", "/v1/nas/busy")).status).toBe(204);
  });

  test("a NAS of which nothing was heard for a day is removed with what it left open", async () => {
    await put("dead", { ...bng, address: "192.0.2.32" });
    const seen = new Date(Date.now() - 25 * 3_600_000);
    const id = await openOn("dead", seen);
    await api.database.query("insert into nas_heard (nas_id, slot) values ('dead', $1)", [anHourAgo()]);
    expect((await api.call("DELETE", "/v1/nas/dead")).body.code).toBe("nas-in-use");
    await api.database.query("delete from nas_heard");
    expect((await api.call("DELETE", "/v1/nas/dead")).status).toBe(204);
    expect(await stopOf(id)).toEqual([seen.toISOString(), "stale"]);
    const holds = await api.database.query<{ until: Date }>(
      "select held_until as until from address_interval where session_id = $1",
      [id],
    );
    expect(holds).toEqual([{ until: seen }]);
    const { body } = await api.call("GET", "/v1/audit?subject=nas:dead&action=nas.delete");
    expect(body.items[0].detail).toMatchObject({ after: null, sessionsEnded: 1 });
  });

  test("what is of the packet cannot be in a profile, nor more than a packet has room for", async () => {
    const put = (profiles: object) => api.call("PUT", "/v1/nas/refused", { json: { ...bng, profiles } });
    expect((await put({ none: { State: "x" } })).body).toMatchObject({
      status: 400,
      code: "attribute-not-allowed",
      errors: [{ pointer: "/profiles/none/State" }],
    });
    expect(
      (await put({ throttle: { "Filter-Id": Array.from({ length: 20 }, () => "x".repeat(250)) } })).body,
    ).toMatchObject({
      status: 400,
      code: "profile-too-large",
      errors: [{ pointer: "/profiles/throttle" }],
    });
    expect((await api.call("GET", "/v1/nas/refused")).status).toBe(404);
  });

  test("every change is in the audit, with what was before and after and who did it", async () => {
    const key = await api.call("POST", "/v1/keys", { json: { role: "operator", name: "otto" } });
    await api.call("PUT", "/v1/nas/audited", { json: { ...bng, address: "192.0.2.40" }, key: key.body.key });
    await api.call("PUT", "/v1/nas/audited", {
      json: { address: "192.0.2.41", vendor: "mikrotik", secret: "changed456" },
      key: key.body.key,
    });
    const { body, text } = await api.call("GET", "/v1/audit?subject=nas:audited");
    expect(body.items[0]).toMatchObject({
      actor: `key:${key.body.id}`,
      actorName: "otto",
      action: "nas.put",
      detail: { before: { address: "192.0.2.40" }, after: { address: "192.0.2.41" }, secretChanged: true },
    });
    expect(body.items[1].detail.before).toBeNull();
    expect(text).not.toMatch(/testing123|changed456/);
  });
});
