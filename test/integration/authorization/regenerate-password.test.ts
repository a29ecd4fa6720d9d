import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import { type Answer, credentials, harnessOn, login, order } from "./login-harness.ts";
import { methodNames, methods, msChapFailure } from "./login-methods.ts";
import { callTheHelpdesk, createRegeneration, nas, type Regeneration } from "./regeneration.ts";

let line: Regeneration;
beforeAll(async () => {
  line = await createRegeneration();
});
beforeEach(async () => {
  await line.begin();
  await line.arm("reject");
});
afterAll(() => line.stop());

const stored = async () => (await credentials.credentialsOf(line.database, ["alice"])).get("alice");

describe.each(methodNames)("regenerate-password at the next login with %s, answer reject", (by) => {
  /** MS-CHAPv2 has a failure of its own (RFC 2759 section 6), which says the same; the others have none. */
  const expectRefusal = ({ code, attributes }: Answer, message: RegExp) => {
    const failure = by === "MS-CHAPv2" ? { "MS-CHAP-Error": [expect.stringMatching(msChapFailure(691, message))] } : {};
    expect(code).toBe(Code.AccessReject);
    expect(attributes).toEqual({ "Reply-Message": [expect.stringMatching(message)], ...failure });
  };
  const replaced = /For your protection your password was replaced\. Please call our helpdesk/;

  test("the old, correct password is rejected with the advice to call, and regenerated", async () => {
    expectRefusal(await line.enter("old", { by }), replaced);
    expect(await line.measure()).toEqual({ state: "active", progress: "regenerated" });
    expect(await line.regenerations()).toBe(1);
  });

  test("a wrong password changes nothing", async () => {
    const before = await stored();
    expectRefusal(await line.enter("wrong", { by }), /Login failed/);
    expect(await stored()).toEqual(before);
    expect(await line.measure()).toEqual({ state: "active", progress: "armed" });
    expect(await line.reveal()).toEqual({ kind: "nothing-to-reveal" });
  });

  test("nor does it afterwards, or before the new one is in use", async () => {
    await line.enter("old", { by });
    const before = await stored();
    expectRefusal(await line.enter("wrong", { by }), /Login failed/);
    expect(await stored()).toEqual(before);
    expect(await line.measure()).toEqual({ state: "active", progress: "regenerated" });
  });

  test("the old password never works again, by any method, also after a restart", async () => {
    await line.enter("old", { by });
    for (let round = 0; round < 2; round++) {
      for (const other of methodNames)
        expect(await line.enter("old", { by: other, username: "alice2" })).toMatchObject(callTheHelpdesk);
      await line.restart();
    }
    const password = await line.newPassword();
    expect((await line.enter(password, { by })).code).toBe(Code.AccessAccept);
    await line.restart();
    for (const other of methodNames) expect((await line.enter("old", { by: other })).code).toBe(Code.AccessReject);
    expect(await line.regenerations()).toBe(1);
  });

  test("the new password is told once, and its first login is proven, let in, and ends the measure", async () => {
    await line.enter("old", { by });
    const password = await line.newPassword();
    expect(await line.reveal()).toMatchObject({ kind: "already-revealed", by: "key:helpdesk" });
    const { packet, proven } = methods[by](nas, "alice", password);
    const accepted = await login(line.harness, nas, packet);
    expect(accepted.code).toBe(Code.AccessAccept);
    expect(accepted.attributes).toEqual({ ...proven, ...rest(accepted) });
    expect(await line.measure()).toEqual({ state: "lifted", progress: "regenerated" });
    expect((await line.enter(password, { by, username: "alice2" })).code).toBe(Code.AccessAccept);
    expectRefusal(await line.enter("old", { by }), /Login failed/);
  });

  test("two logins with the old password at the same moment, on two nodes, regenerate once", async () => {
    const other = harnessOn(line.database);
    const answers = await Promise.all([
      line.enter("old", { by }),
      line.enter("old", { by, username: "alice2", through: other }),
    ]);
    await other.authorizer.stop();
    for (const answer of answers) expectRefusal(answer, replaced);
    expect(await line.regenerations()).toBe(1);
    const password = await line.newPassword();
    expect((await line.enter(password, { by })).code).toBe(Code.AccessAccept);
  });

  test("logins with the new password at the same moment all get in, and end the measure once", async () => {
    await line.enter("old", { by });
    const password = await line.newPassword();
    const answers = await Promise.all(Array.from({ length: 6 }, () => line.enter(password, { by })));
    expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => Code.AccessAccept));
    expect(await line.measure()).toMatchObject({ state: "lifted" });
  });
});

/** What an Accept carries for the session, whatever the method. */
const rest = ({ attributes }: Answer) =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => name === "Class" || name.startsWith("MS-MPPE-E")));

test("logins by all methods at the same moment, on two nodes, regenerate once", async () => {
  const other = harnessOn(line.database);
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) =>
      line.enter("old", {
        by: methodNames[index % methodNames.length] ?? "PAP",
        username: index % 3 === 0 ? "alice2" : "alice",
        ...(index % 2 === 0 && { through: other }),
      }),
    ),
  );
  await other.authorizer.stop();
  for (const answer of answers) expect(answer).toMatchObject(callTheHelpdesk);
  expect(await line.regenerations()).toBe(1);
});

test("waits while the subscriber is suspended", async () => {
  await order(line.database, "s1", { kind: "suspend", params: {} });
  expect((await line.enter("old")).attributes["Reply-Message"]?.[0]).toMatch(/suspended/);
  expect((await stored())?.previousSealed).toBeUndefined();
});

test("a password that a person sets meanwhile counts like a new one", async () => {
  await line.enter("old");
  await line.database.transaction((trx) => credentials.replace(trx, [{ subscriberId: "s1", password: "chosen" }]));
  expect((await line.enter("chosen")).code).toBe(Code.AccessAccept);
  expect(await line.measure()).toMatchObject({ state: "lifted" });
});
