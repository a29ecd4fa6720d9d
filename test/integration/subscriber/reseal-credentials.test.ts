import { afterAll, beforeAll, expect, test } from "vitest";
import { createKeyRing } from "../../../src/secrets/key-ring.ts";
import { createCredentialStore } from "../../../src/subscriber/credential-store.ts";
import { resealCredentials } from "../../../src/subscriber/reseal-credentials-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const storeWith = (...keys: [string, ...string[]]) =>
  createCredentialStore({ keyRing: createKeyRing(keys), randomBelow: () => 1 });

test("passwords, those before them and those withdrawn are sealed anew in portions, and the older key can go", async () => {
  const { database } = db;
  const ids = ["a", "b", "c", "d", "e"];
  await database.query("insert into subscriber (id) select id from unnest($1::text[]) as id", [ids]);
  await database.query(
    "insert into subscriber_username (username, subscriber_id, spelling) select id, id, id from unnest($1::text[]) as id",
    [ids],
  );
  const old = storeWith("old");
  const passwords = ids.map((subscriberId) => ({ subscriberId, password: `password of ${subscriberId}` }));
  await database.transaction((trx) => old.replace(trx, passwords));
  await database.transaction((trx) => old.regenerate(trx, { subscriberId: "b", now: new Date() }));
  await database.transaction((trx) => storeWith("lost").replace(trx, [{ subscriberId: "e", password: "x" }]));

  const ring = createKeyRing(["new", "old"]);
  const first = await resealCredentials(database, ring, { after: "", limit: 3 });
  expect(first).toEqual({ sealed: 3, unreadable: 0, next: "c" });
  expect(await resealCredentials(database, ring, { after: "c", limit: 3 })).toEqual({
    sealed: 1,
    unreadable: 1,
    next: undefined,
  });
  expect(await resealCredentials(database, ring, { after: "", limit: 9 })).toMatchObject({ sealed: 0, unreadable: 1 });

  const only = storeWith("new");
  const stored = await only.credentialsOf(database, ids);
  const a = stored.get("a");
  const b = stored.get("b");
  expect(a && only.open(a)).toBe("password of a");
  expect(b && only.openPrevious(b)).toBe("password of b");
  const left = await database.transaction((trx) =>
    only.replace(trx, [{ subscriberId: "b", password: "password of b" }]),
  );
  expect([...left]).toEqual(["b"]);
});
