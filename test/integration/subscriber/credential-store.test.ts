import { randomInt } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Queryable } from "../../../src/database/database.ts";
import { createKeyRing } from "../../../src/secrets/key-ring.ts";
import { createCredentialStore } from "../../../src/subscriber/credential-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let test_: TestDatabase;
const credentials = createCredentialStore({ keyRing: createKeyRing(["a key"]), randomBelow: randomInt });
const now = new Date("2024-05-01T10:00:00Z");

const credentialOf = async (queryable: Queryable, username: string) =>
  (await credentials.credentialsOf(queryable, [username])).get(username)!;

beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());

beforeEach(async () => {
  const { database } = test_;
  await database.query("delete from subscriber");
  await database.query("insert into subscriber (id) values ('s1'), ('s2')");
  await database.query(
    "insert into subscriber_username (username, subscriber_id, spelling) values ('alice', 's1', 'alice'), ('alice2', 's1', 'alice2'), ('bob', 's2', 'bob')",
  );
  await database.transaction((trx) =>
    credentials.replace(trx, [
      { subscriberId: "s1", password: "old secret" },
      { subscriberId: "s2", password: "bob's" },
    ]),
  );
});

describe("credentials at rest", () => {
  test("are found by any of the subscriber's usernames, and who has none is missing", async () => {
    const found = await credentials.credentialsOf(test_.database, ["alice", "alice2", "nobody"]);
    expect([...found.keys()].sort()).toEqual(["alice", "alice2"]);
    expect(credentials.open(found.get("alice2")!)).toBe("old secret");
  });

  test("hold no password in the clear", async () => {
    const rows = await test_.database.query<{ password_sealed: Buffer }>("select password_sealed from credential");
    expect(rows.some((row) => row.password_sealed.includes("secret"))).toBe(false);
  });

  test("cannot be moved to another subscriber", async () => {
    const { sealed } = await credentialOf(test_.database, "alice");
    expect(() => credentials.open({ subscriberId: "s2", sealed })).toThrow("not-authentic");
  });

  test("the last of several passwords given for one subscriber counts", async () => {
    await test_.database.transaction((trx) =>
      credentials.replace(trx, [
        { subscriberId: "s1", password: "first" },
        { subscriberId: "s1", password: "second" },
      ]),
    );
    expect(credentials.open(await credentialOf(test_.database, "alice"))).toBe("second");
  });
});

describe("regeneration", () => {
  const regenerate = (only?: Buffer) =>
    test_.database.transaction((trx) =>
      credentials.regenerate(trx, { subscriberId: "s1", now, ...(only && { only }) }),
    );

  test("replaces the password and remembers the withdrawn one", async () => {
    expect(await regenerate()).toBe(true);
    const credential = await credentialOf(test_.database, "alice");
    expect(credentials.open(credential)).toMatch(/^([a-z]{3,5}-){5}[a-z]{3,5}$/);
    expect(credentials.openPrevious(credential)).toBe("old secret");
  });

  test("twice before the new one came into use: still remembers what the customer's devices send", async () => {
    await regenerate();
    await regenerate();
    expect(credentials.openPrevious(await credentialOf(test_.database, "alice"))).toBe("old secret");
  });

  test("of a password that is no longer the current one changes nothing", async () => {
    const { sealed } = await credentialOf(test_.database, "alice");
    await test_.database.transaction((trx) => credentials.replace(trx, [{ subscriberId: "s1", password: "chosen" }]));
    expect(await regenerate(sealed)).toBe(false);
    expect(credentials.open(await credentialOf(test_.database, "alice"))).toBe("chosen");
  });

  test("by many logins at once happens once", async () => {
    const { sealed } = await credentialOf(test_.database, "alice");
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => regenerate(sealed)));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
  });

  test("of a subscriber without a credential changes nothing", async () => {
    await test_.database.query("delete from credential where subscriber_id = 's1'");
    expect(await regenerate()).toBe(false);
  });

  test("is settled by the login with the current password only, and then forgets the old one", async () => {
    const { sealed: old } = await credentialOf(test_.database, "alice");
    await regenerate();
    const { sealed: current } = await credentialOf(test_.database, "alice");
    const settle = (password: Buffer) =>
      test_.database.transaction((trx) => credentials.settle(trx, { subscriberId: "s1", current: password }));
    expect(await settle(old)).toBe(false);
    expect((await credentialOf(test_.database, "alice")).previousSealed).toBeDefined();
    expect(await settle(current)).toBe(true);
    expect((await credentialOf(test_.database, "alice")).previousSealed).toBeUndefined();
  });
});

describe("revealing", () => {
  const reveal = (by: string) =>
    test_.database.transaction((trx) => credentials.reveal(trx, { subscriberId: "s1", by, now }));

  test("a password that nobody regenerated is never told", async () => {
    expect(await reveal("key:helpdesk")).toEqual({ kind: "nothing-to-reveal" });
  });

  test("tells the regenerated password once, whoever asks and however many at once", async () => {
    await test_.database.transaction((trx) => credentials.regenerate(trx, { subscriberId: "s1", now }));
    const told = await Promise.all(["key:a", "key:b", "key:c"].map(reveal));
    const passwords = told.filter((answer) => answer.kind === "password");
    expect(passwords).toEqual([
      { kind: "password", password: credentials.open(await credentialOf(test_.database, "alice")) },
    ]);
    expect(await reveal("key:d")).toMatchObject({ kind: "already-revealed", at: now });
  });

  test("a second regeneration can be told again; a password that a person set cannot", async () => {
    const { database } = test_;
    for (let round = 0; round < 2; round++) {
      await database.transaction((trx) => credentials.regenerate(trx, { subscriberId: "s1", now }));
      expect(await reveal("key:a")).toMatchObject({ kind: "password" });
    }
    await database.transaction((trx) => credentials.replace(trx, [{ subscriberId: "s1", password: "chosen" }]));
    expect(await reveal("key:a")).toEqual({ kind: "nothing-to-reveal" });
  });
});

describe("a password that a regeneration withdrew", () => {
  const regenerate = () =>
    test_.database.transaction((trx) => credentials.regenerate(trx, { subscriberId: "s1", now }));
  const replace = (password: string) =>
    test_.database.transaction((trx) => credentials.replace(trx, [{ subscriberId: "s1", password }]));
  const passwordNow = async () => credentials.open(await credentialOf(test_.database, "alice"));

  test("is not brought back by an old list, neither before nor after the new one is in use", async () => {
    await regenerate();
    const renewed = await passwordNow();
    expect([...(await replace("old secret"))]).toEqual(["s1"]);
    expect(await passwordNow()).toBe(renewed);
    const { sealed } = await credentialOf(test_.database, "alice");
    await test_.database.transaction((trx) => credentials.settle(trx, { subscriberId: "s1", current: sealed }));
    expect([...(await replace("old secret"))]).toEqual(["s1"]);
    expect(await passwordNow()).toBe(renewed);
  });

  test("stays withdrawn after further regenerations, and another password is taken", async () => {
    await regenerate();
    await regenerate();
    expect([...(await replace("old secret"))]).toEqual(["s1"]);
    expect([...(await replace("quite new"))]).toEqual([]);
    expect(await passwordNow()).toBe("quite new");
    expect([...(await replace("old secret"))]).toEqual(["s1"]);
  });
});
