import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createNasDirectory, type NasDirectory, nasFor } from "../../../src/nas/nas-directory.ts";
import { allNas, putNas } from "../../../src/nas/nas-store.ts";
import { resealNasSecrets } from "../../../src/nas/reseal-secrets-store.ts";
import { createKeyRing } from "../../../src/secrets/key-ring.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
let here: NasDirectory;
let elsewhere: NasDirectory;
const now = () => new Date("2026-11-01T00:00:00Z");

beforeAll(async () => {
  db = await createTestDatabase();
  const dependencies = {
    database: db.database,
    keyRing: createKeyRing(["test key"]),
    now,
    onRefreshError: (error: unknown) => {
      throw error;
    },
  };
  here = await createNasDirectory(dependencies);
  elsewhere = await createNasDirectory(dependencies);
});
afterAll(async () => {
  await here.stop();
  await elsewhere.stop();
  await db.drop();
});

test("a NAS is known where it was put at once, and on other nodes soon after", async () => {
  const nas = await here.put({ id: "bng1", address: "192.0.2.1", secret: "s3cret", vendor: "generic", coaPort: 1700 });
  expect(nas).toMatchObject({ id: "bng1", address: "192.0.2.1", coaPort: 1700, requireMessageAuthenticator: "auto" });
  expect(nas.secret.toString()).toBe("s3cret");
  expect(here.atAddress("192.0.2.1")).toHaveLength(1);
  await vi.waitFor(() => expect(elsewhere.byId("bng1")?.secret.toString()).toBe("s3cret"));
});

test("the secret is not in the database in clear", async () => {
  const [row] = await db.database.query<{ secret_sealed: Buffer }>("select secret_sealed from nas where id = 'bng1'");
  expect(row?.secret_sealed.toString("latin1")).not.toContain("s3cret");
});

test("a NAS that is put again without a secret keeps its own, and a new one needs one", async () => {
  const again = await here.put({ id: "bng1", address: "192.0.2.1", vendor: "juniper" });
  expect(again.secret.toString()).toBe("s3cret");
  expect(again.coaPort).toBeUndefined();
  await expect(here.put({ id: "bng2", address: "192.0.2.2", vendor: "generic" })).rejects.toMatchObject({
    code: "secret-required",
  });
});

test("two NASes at one address are told apart by NAS-Identifier; without one they may not share it", async () => {
  await here.put({ id: "east", address: "192.0.2.9", secret: "a", vendor: "generic", identifier: "east" });
  await here.put({ id: "west", address: "192.0.2.9", secret: "a", vendor: "generic", identifier: "west" });
  expect(nasFor(here.atAddress("192.0.2.9"), "west")?.id).toBe("west");
  expect(nasFor(here.atAddress("192.0.2.9"), "north")).toBeUndefined();
  expect(nasFor(here.atAddress("192.0.2.1"), "whatever")?.id).toBe("bng1");
  expect(nasFor(here.atAddress("192.0.2.9"), undefined)).toBeUndefined();
  const twin = here.put({ id: "twin", address: "192.0.2.9", secret: "a", vendor: "generic", identifier: "east" });
  await expect(twin).rejects.toMatchObject({ code: "address-taken" });
});

test("a NAS with an identifier is no other one's, but one that says none may be it where it is alone", async () => {
  await here.put({ id: "alone", address: "192.0.2.10", secret: "a", vendor: "generic", identifier: "bng-a" });
  const whoIs = (identifier?: string) => nasFor(here.atAddress("192.0.2.10"), identifier)?.id;
  expect([whoIs("bng-a"), whoIs(), whoIs("bng-b")]).toEqual(["alone", "alone", undefined]);
  await here.put({ id: "any", address: "192.0.2.10", secret: "a", vendor: "generic" });
  expect([whoIs("bng-a"), whoIs(), whoIs("bng-b")]).toEqual(["alone", "any", "any"]);
  for (const id of ["alone", "any"]) await here.remove(id);
});

test("a seen Message-Authenticator is remembered until the rule is changed", async () => {
  await here.markMessageAuthenticatorSeen("bng1");
  expect(here.byId("bng1")?.messageAuthenticatorSeen).toBe(true);
  const same = await here.put({ id: "bng1", address: "192.0.2.1", vendor: "generic" });
  expect(same.messageAuthenticatorSeen).toBe(true);
  const off = await here.put({
    id: "bng1",
    address: "192.0.2.1",
    vendor: "generic",
    requireMessageAuthenticator: "off",
  });
  expect(off.messageAuthenticatorSeen).toBe(false);
});

test("a removed NAS is gone, and removing it again says so", async () => {
  expect(await here.remove("bng1")).toBe(true);
  expect(here.byId("bng1")).toBeUndefined();
  expect(await here.remove("bng1")).toBe(false);
});

test("a NAS sealed with a key that is not ours is unknown, the others go on, and it is told", async () => {
  const told: (readonly string[])[] = [];
  const dependencies = { database: db.database, now, onRefreshError: () => undefined };
  const foreign = await createNasDirectory({ ...dependencies, keyRing: createKeyRing(["another key", "test key"]) });
  await foreign.put({ id: "foreign", address: "192.0.2.77", secret: "s3cret", vendor: "generic" });
  const ours = await createNasDirectory({
    ...dependencies,
    keyRing: createKeyRing(["test key"]),
    onUnreadable: (ids) => told.push(ids),
  });
  try {
    expect(told.at(-1)).toEqual(["foreign"]);
    expect([ours.byId("foreign"), ours.atAddress("192.0.2.77")]).toEqual([undefined, []]);
    const other = { id: "other", address: "192.0.2.78", vendor: "generic" };
    expect((await ours.put({ ...other, secret: "s3cret" })).id).toBe("other");
    expect(await ours.remove("other")).toBe(true);
    const unsaid = ours.put({ id: "foreign", address: "192.0.2.77", vendor: "generic" });
    await expect(unsaid).rejects.toMatchObject({ code: "secret-required" });
    await ours.put({ id: "foreign", address: "192.0.2.77", vendor: "generic", secret: "again" });
    expect(ours.byId("foreign")?.secret.toString()).toBe("again");
    expect(told.at(-1)).toEqual([]);
  } finally {
    await ours.remove("foreign");
    await ours.stop();
    await foreign.stop();
  }
});

test("what an older key sealed is sealed anew, so that the newest alone opens it", async () => {
  const older = createKeyRing(["test key"]);
  const both = createKeyRing(["newer key", "test key"]);
  await db.database.query("delete from nas");
  const put = { address: "192.0.2.1", vendor: "generic", secret: "s3cret" };
  await putNas(db.database, older, { ...put, id: "old" });
  await putNas(db.database, both, { ...put, id: "new", address: "192.0.2.2" });
  await putNas(db.database, createKeyRing(["a lost key"]), { ...put, id: "lost", address: "192.0.2.3" });
  expect(await resealNasSecrets(db.database, both)).toEqual({ sealed: 1, unreadable: 1 });
  expect(await resealNasSecrets(db.database, both)).toEqual({ sealed: 0, unreadable: 1 });
  const { nases, unreadable } = await allNas(db.database, createKeyRing(["newer key"]));
  expect(nases.map(({ id, secret }) => `${id} ${secret}`)).toEqual(["new s3cret", "old s3cret"]);
  expect(unreadable).toEqual(["lost"]);
});
