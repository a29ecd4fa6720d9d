import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { customerAt } from "../response/customers.ts";
import { type ApiUnderTest, type Body, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
  await api.call("PUT", "/v1/sources/feed", { json: { kind: "third-party", trust: 90 } });
});
afterAll(() => api.stop());

let number = 0;
let caseId = "";
let subscriber = "";
/** Each test has a gardened customer with an open case. */
beforeEach(async () => {
  number += 1;
  subscriber = `customer-${number}`;
  const ip = `10.9.0.${number}`;
  await customerAt(api.database, subscriber, ip, new Date(Date.now() - 3_600_000));
  const json = [{ ip, at: new Date(Date.now() - 1000).toISOString(), category: "botnet", name: "mirai" }];
  caseId = (await api.call("POST", "/v1/reports?source=feed", { json })).body.cases[0];
});

const event = (type: string, more: { note?: string; key?: string } = {}) =>
  api.call("POST", `/v1/cases/${caseId}/events`, {
    json: { type, ...(more.note === undefined ? {} : { note: more.note }) },
    ...(more.key === undefined ? {} : { key: more.key }),
  });

test("a case says everything that is known of it", async () => {
  const { status, body } = await api.call("GET", `/v1/cases/${caseId}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: caseId,
    subscriber,
    category: "botnet",
    severity: "high",
    state: "open",
    stage: "walled-garden",
    deadlineAt: null,
    closedAt: null,
    timeline: [
      { kind: "opened", actor: "source:feed" },
      { kind: "measure-ordered", actor: "playbook:botnet" },
    ],
    observations: [{ subscriber, verdict: "exact", name: "mirai" }],
    measures: [{ kind: "walled-garden", case: caseId, subscriber }],
  });
  expect(new Date(body.openedAt).toISOString()).toBe(body.openedAt);
});

test("cases are listed by subscriber, category and state", async () => {
  const listed = async (query: string) =>
    (await api.call("GET", `/v1/cases?${query}`)).body.items.map((one: Body) => one.id);
  expect(await listed(`subscriber=${subscriber}`)).toEqual([caseId]);
  expect(await listed(`subscriber=${subscriber}&category=botnet&state=open`)).toEqual([caseId]);
  expect(await listed(`subscriber=${subscriber}&state=closed`)).toEqual([]);
  expect(await listed(`subscriber=${subscriber}&category=spam`)).toEqual([]);
  expect((await api.call("GET", "/v1/cases?state=strange")).body).toMatchObject({ status: 400, code: "invalid-query" });
});

test.each(["4711", "nonsense", "0", "00000000-0000-4000-8000-000000000000"])("there is no case %s", async (id) => {
  const asked = [
    await api.call("GET", `/v1/cases/${id}`),
    await api.call("GET", `/v1/cases/${id}/explain`),
    await api.call("POST", `/v1/cases/${id}/events`, { json: { type: "note", note: "x" } }),
  ];
  for (const { body } of asked) expect(body).toMatchObject({ status: 404, code: "unknown-case" });
});

describe("POST /v1/cases/{id}/events", () => {
  test("a release lifts the measures, closing ends the case, reopening takes it up again", async () => {
    expect((await event("release", { note: "cleaned" })).body).toMatchObject({
      state: "watching",
      measures: [{ kind: "walled-garden", state: "lifted" }],
    });
    expect((await event("close")).body).toMatchObject({ state: "closed", closedAt: expect.any(String) });
    expect((await event("release")).body).toMatchObject({ status: 409, code: "not-possible-now" });
    expect((await event("reopen")).body).toMatchObject({ state: "open", closedAt: null });
  });

  test("each leaves its note, and who left it, in the timeline", async () => {
    for (const type of ["note", "remediation-advised", "hold", "resume"]) {
      const { status, body } = await event(type, { note: `about ${type}` });
      expect(status).toBe(200);
      expect(body.timeline.at(-1)).toMatchObject({ actor: "key:admin", note: `about ${type}` });
    }
    const { body } = await api.call("GET", `/v1/audit?subject=case:${caseId}`);
    expect(body.items.map((entry: Body) => entry.action)).toEqual([
      "case.resume",
      "case.hold",
      "case.remediation-advised",
      "case.note",
    ]);
  });

  test("escalating orders the playbook's next stage", async () => {
    const { body } = await event("escalate");
    expect(body).toMatchObject({ stage: "suspend" });
    expect(body.measures.map((measure: Body) => measure.kind).sort()).toEqual(["suspend", "walled-garden"]);
    expect((await event("escalate")).body).toMatchObject({ status: 409, code: "not-possible-now" });
  });

  test("the helpdesk may note and release; what decides about a customer takes an operator", async () => {
    const [helpdesk, operator] = [await api.keyOf("helpdesk"), await api.keyOf("operator")];
    expect((await event("note", { note: "called", key: helpdesk })).status).toBe(200);
    expect((await event("escalate", { key: helpdesk })).body).toMatchObject({ status: 403, code: "forbidden" });
    expect((await event("escalate", { key: operator })).status).toBe(200);
    expect((await event("release", { key: helpdesk })).status).toBe(200);
    expect((await event("note", { key: await api.keyOf("viewer") })).status).toBe(403);
  });

  test("an unknown type is refused with the known ones", async () => {
    const { body } = await event("punish");
    expect(body).toMatchObject({ status: 400, code: "invalid-body", errors: [{ pointer: "/type" }] });
    expect(body.errors[0].detail).toContain("remediation-advised");
  });
});

test("explain leads from the report's row to the measure, in the API's own names", async () => {
  const { status, body } = await api.call("GET", `/v1/cases/${caseId}/explain`);
  expect(status).toBe(200);
  expect(body.chain).toMatchObject([
    {
      report: { source: "feed", row: 1 },
      observation: { category: "botnet", name: "mirai" },
      attribution: { verdict: "exact", subscriber, candidates: [{ subscriber }] },
      rule: { decision: "measure-ordered", playbook: "botnet", stage: "walled-garden" },
      measure: { kind: "walled-garden", subscriber, case: caseId, enforcements: [] },
    },
  ]);
});
