import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import { login, nasOf, pap } from "./login-harness.ts";
import { methodNames, methods } from "./login-methods.ts";
import { callTheHelpdesk, createRegeneration, nas, type Regeneration } from "./regeneration.ts";

let line: Regeneration;
beforeAll(async () => {
  line = await createRegeneration();
});
beforeEach(async () => {
  await line.begin();
  await line.arm("walled-garden");
});
afterAll(() => line.stop());

describe.each(methodNames)("regenerate-password at the next login with %s, answer walled-garden", (by) => {
  test("the login that withdraws the old password is let into the garden, proven with the old one", async () => {
    const { packet, proven } = methods[by](nas, "alice", "old");
    const gardened = await login(line.harness, nas, packet);
    expect(gardened.code).toBe(Code.AccessAccept);
    expect(gardened.attributes).toMatchObject({ ...proven, "Mikrotik-Address-List": ["weir-garden"] });
    expect(await line.measure()).toEqual({ state: "active", progress: "regenerated" });
  });

  test("the old password never works again, by any method, also after a restart", async () => {
    await line.enter("old", { by });
    for (let round = 0; round < 2; round++) {
      for (const other of methodNames) expect(await line.enter("old", { by: other })).toMatchObject(callTheHelpdesk);
      await line.restart();
    }
    expect(await line.regenerations()).toBe(1);
  });

  test("of two devices at the same moment one gets the garden, and the other is told to call", async () => {
    const answers = await Promise.all([line.enter("old", { by }), line.enter("old", { by, username: "alice2" })]);
    expect(answers.map(({ code }) => code).sort()).toEqual([Code.AccessAccept, Code.AccessReject]);
    expect(await line.regenerations()).toBe(1);
  });

  test("the new password, told once, leaves the garden and ends the measure", async () => {
    await line.enter("old", { by });
    const password = await line.newPassword();
    expect(await line.reveal()).toMatchObject({ kind: "already-revealed" });
    const { packet, proven } = methods[by](nas, "alice", password);
    const { attributes, code } = await login(line.harness, nas, packet);
    expect(code).toBe(Code.AccessAccept);
    expect(attributes).toMatchObject(proven);
    expect(attributes["Mikrotik-Address-List"]).toBeUndefined();
    expect(await line.measure()).toMatchObject({ state: "lifted" });
  });

  test("a wrong password changes nothing and gets no garden", async () => {
    expect((await line.enter("wrong", { by })).code).toBe(Code.AccessReject);
    expect(await line.measure()).toEqual({ state: "active", progress: "armed" });
  });
});

test("a garden that has no room in the answer lets nobody in with the old password", async () => {
  const rules = Array.from({ length: 17 }, () => ({ name: "Reply-Message", value: "x".repeat(250) }));
  const wordy = nasOf("mikrotik", { "walled-garden": rules });
  expect(await login(line.harness, wordy, pap(wordy, "alice", "old"))).toEqual(callTheHelpdesk);
});

test("a NAS that cannot garden lets nobody in with the old password", async () => {
  const hostapd = nasOf("hostapd");
  expect(await login(line.harness, hostapd, pap(hostapd, "alice", "old"))).toEqual(callTheHelpdesk);
  expect(await line.measure()).toEqual({ state: "active", progress: "regenerated" });
});
