import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, adminKey, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
let address = "";
beforeAll(async () => {
  api = await startApi();
  address = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api.stop());

/** What a key hears, once it hears nothing missed from here on. */
async function listen(key: string) {
  const leaving = new AbortController();
  const response = await fetch(`${address}/v1/events`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(10_000)]),
  });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let heard = "";
  const until = async (text: string): Promise<string> => {
    while (!heard.includes(text)) heard += decoder.decode((await reader?.read())?.value, { stream: true });
    const whole = heard.slice(0, heard.lastIndexOf("\n\n"));
    for (const frame of whole.split("\n\n").filter((one) => one.startsWith("id: "))) api.check.event(frame);
    return heard;
  };
  return { until, leave: () => leaving.abort() };
}

const order = async (id: string): Promise<void> => {
  await api.call("PUT", `/v1/subscribers/${id}`, { json: { usernames: [] } });
  await api.call("PUT", `/v1/subscribers/${id}/measures/suspend`, { json: { reason: "x" } });
};

test("the audit is told to those who may read it, and to nobody else", async () => {
  const roles = { viewer: false, helpdesk: false, operator: true } as const;
  const keys = await Promise.all(Object.keys(roles).map((role) => api.keyOf(role as keyof typeof roles)));
  const listeners = await Promise.all([...keys, adminKey].map(listen));
  await order("e1");
  // The order and its audit entry are told together; a second order says that both were.
  const [viewer, helpdesk, operator, admin] = await Promise.all(
    listeners.map(async ({ until }) => {
      await until('"subscriber":"e1"');
      return until;
    }),
  );
  await order("e2");
  expect(await viewer?.('"subscriber":"e2"')).not.toContain("event: audit");
  expect(await helpdesk?.('"subscriber":"e2"')).not.toContain("event: audit");
  expect(await operator?.('"action":"measure.order"')).toContain("event: audit");
  expect(await admin?.('"action":"measure.order"')).toContain("event: audit");
  for (const { leave } of listeners) leave();
});

test("a measure is told in the words of its own call, not in those of the table", async () => {
  const { until, leave } = await listen(adminKey);
  await order("e3");
  await until('"subscriber":"e3"');
  await api.call("DELETE", "/v1/subscribers/e3/measures/suspend");
  const heard = await until('"state":"lifted"');
  const states = [...heard.matchAll(/event: measure\ndata: (\{.*"subscriber":"e3".*\})/g)].map(
    ([, json]) => JSON.parse(json ?? "{}").state,
  );
  expect(states).toEqual(["in-force", "lifted"]);
  leave();
});

test("one key has ten places at most, and leaves the others theirs; a place that is left is free", async () => {
  const [greedy, other] = await Promise.all([api.keyOf("helpdesk"), api.keyOf("helpdesk")]);
  const listeners = await Promise.all(Array.from({ length: 10 }, () => listen(greedy)));
  expect(await api.call("GET", "/v1/events", { key: greedy })).toMatchObject({
    status: 503,
    body: { code: "too-many-listeners" },
    headers: { "retry-after": "30" },
  });
  const [first, ...rest] = listeners;
  const another = await listen(other);
  await order("e4");
  await another.until('"subscriber":"e4"');
  first?.leave();
  const status = async () => {
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${greedy}` };
    const response = await fetch(`${address}/v1/events`, { headers, signal: leaving.signal });
    leaving.abort();
    return response.status;
  };
  await expect.poll(status, { timeout: 5_000, interval: 20 }).toBe(200);
  for (const { leave } of [another, ...rest]) leave();
});

test("a HEAD of the stream holds nothing open", async () => {
  const answer = await api.call("HEAD", "/v1/events");
  expect(answer).toMatchObject({ status: 405, headers: { allow: "GET" }, text: "" });
});
