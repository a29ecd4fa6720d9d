import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { octetsText } from "../../../src/radius/octets-text.ts";
import { subscribersOf } from "../../../src/session/session-subscriber-store.ts";
import { ownersOfUsernames } from "../../../src/subscriber/username-owner-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.database.query("truncate subscriber cascade");
});

async function subscriber(id: string, ...usernames: string[]): Promise<void> {
  await db.database.query("insert into subscriber (id) values ($1)", [id]);
  await db.database.query("insert into subscriber_username select name, $1 from unnest($2::text[]) as name", [
    id,
    usernames,
  ]);
}

/** By the rule as logins ask it, and as accounting does with its locks: both have to say the same. */
async function ownersOf(...usernames: string[]): Promise<(string | undefined)[]> {
  const asked = await ownersOfUsernames(db.database, usernames);
  const locked = await db.database.transaction((trx) => subscribersOf(trx, usernames.toSorted(), false));
  expect(new Map([...locked].sort())).toEqual(new Map([...asked].sort()));
  return usernames.map((username) => asked.get(username));
}

/** As accounting keeps octets with a NUL. */
const withNul = (text: string) => `0x${Buffer.from(text).toString("hex")}`;

test("another spelling of a username that one subscriber has is that subscriber's", async () => {
  await subscriber("anna", "anna@isp.example");
  expect(
    await ownersOf(
      "ANNA@isp.example",
      " anna@isp.example\t",
      withNul("Anna@isp.example\0"),
      withNul("anna@isp.example \0\0"),
    ),
  ).toEqual(["anna", "anna", "anna", "anna"]);
  expect(await ownersOf("anna@isp.example.", "ann a@isp.example", withNul("anna@isp.\0example"))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("a username that is written like hex is found as its operator wrote it, and as the octets that it names", async () => {
  await subscriber("odd", "0xcafe");
  expect(await ownersOf(octetsText(Buffer.from("0xcafe")), octetsText(Buffer.from("cafe", "hex")))).toEqual([
    "odd",
    "odd",
  ]);
});

test("who has exactly the username has it, whoever has another spelling of it", async () => {
  await subscriber("small", "u1");
  await subscriber("great", "U1");
  expect(await ownersOf("u1", "U1")).toEqual(["small", "great"]);
});

test("a spelling that two subscribers could have meant is nobody's", async () => {
  await subscriber("small", "u1");
  await subscriber("great", "U1");
  expect(await ownersOf("u1 ")).toEqual([undefined]);
  await subscriber("one", "x", "X");
  expect(await ownersOf("x ")).toEqual(["one"]);
});

test("another spelling makes no automatic subscriber", async () => {
  await subscriber("anna", "anna@isp.example");
  const made = await db.database.transaction((trx) => subscribersOf(trx, ["ANNA@isp.example", "new"], true));
  expect(new Map(made)).toEqual(
    new Map([
      ["ANNA@isp.example", "anna"],
      ["new", "new"],
    ]),
  );
});
