import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi({ isUpstreamAuthenticating: true });
  const json = { usernames: ["u1"], credential: { password: "nobody asks for it" } };
  await api.call("PUT", "/v1/subscribers/u1", { json });
});
afterAll(() => api.stop());

test.each(["next-auth", "now"])(
  "where an upstream checks passwords, regenerating one (%s) is refused and changes nothing",
  async (when) => {
    const json = { reason: "x", params: { when, answer: "reject" } };
    const { body } = await api.call("PUT", "/v1/subscribers/u1/measures/regenerate-password", { json });
    expect(body).toMatchObject({ status: 422, code: "no-local-credentials" });
    expect((await api.call("GET", "/v1/measures?subscriber=u1")).body.items).toEqual([]);
  },
);

test("the helpdesk cannot regenerate one either", async () => {
  const { body } = await api.call("POST", "/v1/subscribers/u1/password/regenerate");
  expect(body).toMatchObject({ status: 422, code: "no-local-credentials" });
});

test("other measures are as ever", async () => {
  const answer = await api.call("PUT", "/v1/subscribers/u1/measures/suspend", { json: { reason: "x" } });
  expect(answer.status).toBe(202);
});
