import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { regenerateNow } from "../../../src/authorization/password-change.ts";
import { endPasswordRegeneration, markPasswordRegenerated } from "../../../src/enforcement/regenerate-password.ts";
import { Code } from "../../../src/radius/code.ts";
import { addSubscriber, credentials, order } from "./login-harness.ts";
import { methodNames } from "./login-methods.ts";
import { callTheHelpdesk, createRegeneration, type Regeneration } from "./regeneration.ts";

let line: Regeneration;
beforeAll(async () => {
  line = await createRegeneration();
});
beforeEach(() => line.begin());
afterAll(() => line.stop());

const now = (subscriberId: string) =>
  line.database.transaction((trx) =>
    regenerateNow(
      trx,
      { subscriberId, now: new Date() },
      { credentials, measure: { markPasswordRegenerated, endPasswordRegeneration } },
    ),
  );

test.each(methodNames)(
  "regenerate-password now changes the password in the ordering, and the first login with the new one, by %s, ends it",
  async (by) => {
    await order(line.database, "s1", { kind: "regenerate-password", params: { when: "now", answer: "reject" } });
    expect(await now("s1")).toBe(true);
    expect(await line.enter("old", { by })).toMatchObject(callTheHelpdesk);
    expect((await line.enter(await line.newPassword(), { by })).code).toBe(Code.AccessAccept);
    expect(await line.measure()).toMatchObject({ state: "lifted" });
  },
);

test("says so where there is nothing to regenerate", async () => {
  expect(await now("s1")).toBe(false);
  await addSubscriber(line.database, { id: "s2" });
  await order(line.database, "s2", { kind: "regenerate-password", params: { when: "now", answer: "reject" } });
  expect(await now("s2")).toBe(false);
});
