import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { octetsText } from "../../../src/radius/octets-text.ts";
import { subscribersOf } from "../../../src/session/session-subscriber-store.ts";
import { ownersOfUsernames } from "../../../src/subscriber/username-owner-store.ts";
import { usernameSpelling } from "../../../src/subscriber/username-spelling.ts";
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
  await db.database.query(
    "insert into subscriber_username select name, $1, spelling from unnest($2::text[], $3::text[]) as given (name, spelling)",
    [id, usernames, usernames.map(usernameSpelling)],
  );
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

test("any of Unicode's spellings is one, and no octets that are no UTF-8", async () => {
  await subscriber("uemit", "ümit@isp", octetsText(Buffer.from("\xfcmit@isp", "latin1")));
  const nfd = "ümit@isp".normalize("NFD");
  expect(nfd).not.toBe("ümit@isp");
  expect(await ownersOf("ÜMIT@ISP", nfd, "ＵＭＩＴ@isp".replace("Ｕ", "Ｕ\u0308"), withNul("Ümit@isp\0"))).toEqual(
    Array.from({ length: 4 }, () => "uemit"),
  );
  expect(
    await ownersOf(octetsText(Buffer.from("\xfcmit@isp", "latin1")), octetsText(Buffer.from("\xfcMIT@isp", "latin1"))),
  ).toEqual(["uemit", undefined]);
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

test("spellings of one new name that come at once make one automatic subscriber, with all of them", async () => {
  const names = ["Özil", "özil", "ÖZIL", "other"].sort();
  const made = await db.database.transaction((trx) => subscribersOf(trx, names, true));
  const [first = ""] = names.filter((name) => name !== "other");
  expect(names.map((name) => made.get(name))).toEqual(names.map((name) => (name === "other" ? name : first)));
  expect(await db.database.query("select count(*)::int as count from subscriber")).toEqual([{ count: 2 }]);
  expect(await ownersOf("oZiL".replace("o", "O\u0308"))).toEqual([first]);
});
