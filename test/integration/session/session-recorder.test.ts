import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionsHolding } from "../../../src/session/address-interval-store.ts";
import { automaticIds } from "../../../src/session/automatic-ids.ts";
import { saveGrants } from "../../../src/session/grant-store.ts";
import { openSessionsOf, sessionById } from "../../../src/session/session-store.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "./recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness();
});
afterAll(() => harness.stop());

/** Each fact plays with a session of its own. */
let last = 0;
const nextSession = (): number => ++last;

const addressOf = (n: number) => `100.64.${n >> 8}.${n & 255}`;
const holders = async (address: string, seconds: number) =>
  (await sessionsHolding(harness.database, address, at(seconds), at(seconds))).map(({ subscriberId }) => subscriberId);

describe("a session in the database", () => {
  test("is there when record() resolves, with everything that the record said", async () => {
    const n = nextSession();
    await harness.inTurn(
      recordOf(n, "start", 0, { ipv6Prefixes: ["2001:db8:1::/56", "2001:db8:2::/64"], identity: { "NAS-Port": "7" } }),
      recordOf(n, "interim", 300, {
        ipv6Prefixes: ["2001:db8:1::/56", "2001:db8:2::/64"],
        inputOctets: 2n ** 40n,
        outputOctets: 7n,
      }),
    );
    const [session] = await openSessionsOf(harness.database, `user${n}@isp.example`);
    expect(session).toMatchObject({
      nasId: "bng1",
      acctSessionId: `S${n}`,
      username: `user${n}@isp.example`,
      subscriberId: `user${n}@isp.example`,
      startedAt: at(0),
      lastSeenAt: at(300),
      ipv4: addressOf(n),
      ipv6: ["2001:db8:1::/56", "2001:db8:2::/64"],
      inputOctets: 2n ** 40n,
      outputOctets: 7n,
      identity: { "NAS-Port": "7" },
    });
    expect(session).not.toHaveProperty("stoppedAt");
    expect(await sessionById(harness.database, session!.id)).toEqual(session);
  });

  test("is found by address while it lasts, and at no other time", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 0), recordOf(n, "stop", 600, { terminateCause: "User-Request" }));
    expect(await holders(addressOf(n), -1)).toEqual([]);
    expect(await holders(addressOf(n), 0)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 599)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 600)).toEqual([]);
  });

  test("is found by any address within its IPv6 prefix", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 0, { ipv6Prefixes: [`2001:db8:0:${(n << 8).toString(16)}::/56`] }));
    expect(await holders(`2001:db8:0:${((n << 8) + 255).toString(16)}:1:2:3:4`, 1)).toEqual([`user${n}@isp.example`]);
    expect(await holders(`2001:db8:0:${((n << 8) + 256).toString(16)}::1`, 1)).toEqual([]);
  });

  test("keeps the delegated prefix that an Interim does not mention, and shows all its prefixes together", async () => {
    const n = nextSession();
    const framed = { ipv6Prefixes: [`2001:db8:a:${n}::/64`] };
    const delegated = { delegatedPrefixes: [`2001:db8:b${n}::/48`] };
    await harness.inTurn(
      recordOf(n, "start", 0, { ...framed, ...delegated }),
      recordOf(n, "interim", 300, framed),
      recordOf(n, "interim", 600, { ipv4: undefined, ipv6Addresses: ["2001:db8:c::9/128"] }),
    );
    expect(await holders(`2001:db8:b${n}::1`, 900)).toEqual([`user${n}@isp.example`]);
    const [session] = await openSessionsOf(harness.database, `user${n}@isp.example`);
    expect(session?.ipv6).toEqual([...framed.ipv6Prefixes, ...delegated.delegatedPrefixes, "2001:db8:c::9/128"]);
    await harness.inTurn(recordOf(n, "stop", 1_000));
    expect(await holders(`2001:db8:b${n}::1`, 1_000)).toEqual([]);
  });

  test("keeps its address history when the address changes", async () => {
    const n = nextSession();
    await harness.inTurn(
      recordOf(n, "start", 0),
      recordOf(n, "interim", 300, { ipv4: "100.127.0.1" }),
      recordOf(n, "stop", 600, { ipv4: "100.127.0.1" }),
    );
    expect(await holders(addressOf(n), 299)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 300)).toEqual([]);
    expect(await holders("100.127.0.1", 300)).toEqual([`user${n}@isp.example`]);
    expect(await holders("100.127.0.1", 600)).toEqual([]);
  });

  test("whose records come together, in one batch and out of order, ends like one whose records come in turn", async () => {
    const n = nextSession();
    await Promise.all([
      harness.recorder.record(recordOf(n, "stop", 600, { sessionSeconds: 600 })),
      harness.recorder.record(recordOf(n, "interim", 300)),
      harness.recorder.record(recordOf(n, "start", 0)),
      harness.recorder.record(recordOf(n, "start", 0)),
    ]);
    const rows = await harness.database.query<{ started_at: Date; stopped_at: Date }>(
      "select started_at, stopped_at from session where acct_session_id = $1",
      [`S${n}`],
    );
    expect(rows).toEqual([{ started_at: at(0), stopped_at: at(600) }]);
    expect(await holders(addressOf(n), 1)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 600)).toEqual([]);
  });

  test("ends when its id comes back for another subscriber", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 0), recordOf(n, "start", 900, { username: `other${n}` }));
    expect(await openSessionsOf(harness.database, `user${n}@isp.example`)).toEqual([]);
    expect(await openSessionsOf(harness.database, `other${n}`)).toHaveLength(1);
    expect(await holders(addressOf(n), 779)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 899)).toEqual([`user${n}@isp.example`, `other${n}`]);
    expect(await holders(addressOf(n), 900)).toEqual([`other${n}`]);
  });

  test("with a late record that changes its past has its history put right", async () => {
    const n = nextSession();
    await harness.inTurn(
      recordOf(n, "interim", 600, { ipv4: "100.127.0.2", sessionSeconds: 600 }),
      recordOf(n, "stop", 900, { ipv4: "100.127.0.2", sessionSeconds: 900 }),
      recordOf(n, "start", 0),
    );
    expect(await holders(addressOf(n), 599)).toEqual([`user${n}@isp.example`]);
    expect(await holders("100.127.0.2", 599)).toEqual([]);
    expect(await holders("100.127.0.2", 600)).toEqual([`user${n}@isp.example`]);
  });
});

describe("an Acct-Session-Id that comes back", () => {
  test("goes on being recorded after the late Stop of an earlier use of it", async () => {
    const n = nextSession();
    await harness.inTurn(
      recordOf(n, "start", 0),
      recordOf(n, "stop", 60),
      recordOf(n, "start", 1100),
      recordOf(n, "stop", 900, { sessionSeconds: 300 }),
      recordOf(n, "interim", 1400, { sessionSeconds: 300, observed: { "Filter-Id": ["garden"] } }),
    );
    expect(await openSessionsOf(harness.database, `user${n}@isp.example`)).toMatchObject([
      { startedAt: at(1100), lastSeenAt: at(1400) },
    ]);
    expect(await holders(addressOf(n), 700)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 1000)).toEqual([]);
    expect(await holders(addressOf(n), 1200)).toEqual([`user${n}@isp.example`]);
  });
});

describe("an address that two sessions claim", () => {
  test("belongs to the new one from its start, or as much earlier as its Start may be late, when the same NAS gave it and the old one was seen no more", async () => {
    const [old, next] = [nextSession(), nextSession()];
    await harness.inTurn(recordOf(old, "start", 0), recordOf(next, "start", 500, { ipv4: addressOf(old) }));
    expect(await holders(addressOf(old), 379)).toEqual([`user${old}@isp.example`]);
    expect(await holders(addressOf(old), 380)).toEqual([`user${old}@isp.example`, `user${next}@isp.example`]);
    expect(await holders(addressOf(old), 500)).toEqual([`user${next}@isp.example`]);
    await harness.inTurn(recordOf(next, "stop", 800, { ipv4: addressOf(old) }));
    expect(await holders(addressOf(old), 900)).toEqual([]);
  });

  test("says by whom the old one was superseded", async () => {
    const [old, next] = [nextSession(), nextSession()];
    await harness.inTurn(recordOf(old, "start", 0), recordOf(next, "start", 500, { ipv4: addressOf(old) }));
    const [first, second] = await sessionsHolding(harness.database, addressOf(old), at(0), at(1000));
    expect(first).toMatchObject({ from: at(0), until: at(500), supersededBy: second?.sessionId });
  });

  test("belonged to the new one also where the old one's Stop came late without saying so", async () => {
    const [old, next] = [nextSession(), nextSession()];
    await harness.inTurn(
      recordOf(old, "start", 0),
      recordOf(next, "start", 500, { ipv4: addressOf(old) }),
      recordOf(old, "stop", 505),
    );
    expect(await holders(addressOf(old), 502)).toEqual([`user${next}@isp.example`]);
  });

  test("belongs to both when the old one is seen alive after the new one's start", async () => {
    const [old, next] = [nextSession(), nextSession()];
    await harness.inTurn(
      recordOf(old, "start", 0),
      recordOf(next, "start", 500, { ipv4: addressOf(old) }),
      recordOf(old, "interim", 600),
    );
    expect(await holders(addressOf(old), 700)).toEqual([`user${old}@isp.example`, `user${next}@isp.example`]);
  });

  test("belongs to both when different NASes gave it", async () => {
    const [old, next] = [nextSession(), nextSession()];
    await harness.inTurn(
      recordOf(old, "start", 0),
      recordOf(next, "start", 500, { ipv4: addressOf(old), nasId: "bng2" }),
    );
    expect(await holders(addressOf(old), 700)).toEqual([`user${old}@isp.example`, `user${next}@isp.example`]);
  });
});

describe("a restart of a NAS", () => {
  test("ends all its sessions that began before, and no others", async () => {
    const [before, after, elsewhere] = [nextSession(), nextSession(), nextSession()];
    await harness.inTurn(
      recordOf(before, "start", 0, { nasId: "bng2" }),
      recordOf(after, "start", 400, { nasId: "bng2" }),
      recordOf(elsewhere, "start", 0),
    );
    await harness.recorder.recordRestart({ nasId: "bng2", kind: "on", at: at(300), receivedAt: at(300) });
    expect(await openSessionsOf(harness.database, `user${before}@isp.example`)).toEqual([]);
    expect(await openSessionsOf(harness.database, `user${after}@isp.example`)).toHaveLength(1);
    expect(await openSessionsOf(harness.database, `user${elsewhere}@isp.example`)).toHaveLength(1);
    expect(await holders(addressOf(before), 299)).toEqual([`user${before}@isp.example`]);
    expect(await holders(addressOf(before), 300)).toEqual([]);
  });

  test("holds for a Start that arrives late", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 200, { nasId: "bng2" }));
    expect(await openSessionsOf(harness.database, `user${n}@isp.example`)).toEqual([]);
    expect(await holders(addressOf(n), 250)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 300)).toEqual([]);
  });

  test("keeps its place between the records around it", async () => {
    const [before, after] = [nextSession(), nextSession()];
    await Promise.all([
      harness.recorder.record(recordOf(before, "start", 1000, { nasId: "bng2" })),
      harness.recorder.recordRestart({ nasId: "bng2", kind: "on", at: at(1100), receivedAt: at(1100) }),
      harness.recorder.record(recordOf(after, "start", 1200, { nasId: "bng2" })),
    ]);
    expect(await openSessionsOf(harness.database, `user${before}@isp.example`)).toEqual([]);
    expect(await openSessionsOf(harness.database, `user${after}@isp.example`)).toHaveLength(1);
  });

  test("takes back what an address was held past it", async () => {
    const n = nextSession();
    await harness.inTurn(
      recordOf(n, "start", 2000, { nasId: "bng2" }),
      recordOf(n, "interim", 2160, { nasId: "bng2", ipv4: "100.127.0.3" }),
    );
    await harness.recorder.recordRestart({ nasId: "bng2", kind: "on", at: at(2100), receivedAt: at(2170) });
    expect(await holders(addressOf(n), 2099)).toEqual([`user${n}@isp.example`]);
    expect(await holders(addressOf(n), 2120)).toEqual([]);
    expect(await holders("100.127.0.3", 2165)).toEqual([]);
  });
});

describe("whose session it is", () => {
  test("a username of a known subscriber", async () => {
    const n = nextSession();
    await harness.database.query(`insert into subscriber (id) values ('customer-1')`);
    await harness.database.query(`insert into subscriber_username values ($1, 'customer-1', $1)`, [
      `user${n}@isp.example`,
    ]);
    await harness.inTurn(recordOf(n, "start", 0));
    expect(await holders(addressOf(n), 1)).toEqual(["customer-1"]);
  });

  test("an unknown username makes a subscriber", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 0));
    const rows = await harness.database.query("select is_automatic from subscriber where id = $1", [
      `user${n}@isp.example`,
    ]);
    expect(rows).toEqual([{ is_automatic: true }]);
  });

  test("an unknown username that is another subscriber's id does not become that subscriber's", async () => {
    const n = nextSession();
    await harness.database.query("insert into subscriber (id) values ($1)", [`user${n}@isp.example`]);
    await harness.inTurn(recordOf(n, "start", 0));
    expect(await holders(addressOf(n), 1)).toEqual([`auto:user${n}@isp.example`]);
  });

  test("an unknown username that cannot be an id makes a subscriber whose id the API can name", async () => {
    const names = ["evil\r\nname", `0x${"ff".repeat(130)}`, "..", `${"x".repeat(250)}\t`, "x".repeat(253)];
    for (const username of names) await harness.inTurn(recordOf(nextSession(), "start", 0, { username }));
    const rows = await harness.database.query<{ username: string; subscriber_id: string }>(
      "select username, subscriber_id from subscriber_username where username = any ($1)",
      [names],
    );
    const ids = new Map(rows.map((row) => [row.username, row.subscriber_id]));
    expect(new Set(ids.values()).size).toBe(names.length);
    for (const [username, id] of ids)
      expect([username, id]).toEqual([username, expect.stringMatching(/^(?:auto:[0-9a-f]{32}|x{253})$/)]);
  });

  test("a username made up to be the id of one that cannot be an id does not become that subscriber's", async () => {
    const username = "evil\tname";
    const madeUp = automaticIds(username)[0];
    await Promise.all(
      [username, madeUp].map((name) =>
        harness.recorder.record(recordOf(nextSession(), "start", 0, { username: name })),
      ),
    );
    const rows = await harness.database.query<{ id: string }>(
      "select subscriber_id as id from subscriber_username where username = any ($1)",
      [[username, madeUp]],
    );
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([madeUp, `auto:${madeUp}`]));
  });

  test("a username that comes only with a later record makes the session, and all that it held, that subscriber's", async () => {
    const n = nextSession();
    await harness.inTurn(
      recordOf(n, "start", 0, { username: "" }),
      recordOf(n, "interim", 300, { username: "", ipv4: "100.127.0.4" }),
    );
    expect(await holders(addressOf(n), 1)).toEqual([undefined]);
    harness.opened.length = 0;
    await harness.inTurn(recordOf(n, "interim", 600, { ipv4: "100.127.0.4" }));
    expect(await holders(addressOf(n), 1)).toEqual([`user${n}@isp.example`]);
    expect(await holders("100.127.0.4", 700)).toEqual([`user${n}@isp.example`]);
    expect(harness.opened).toMatchObject([{ subscriberId: `user${n}@isp.example` }]);
    expect(await openSessionsOf(harness.database, `user${n}@isp.example`)).toHaveLength(1);
  });

  test("a session without a username is nobody's", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 0, { username: "" }));
    expect(await holders(addressOf(n), 1)).toEqual([undefined]);
  });
});

describe("what enforcement is told", () => {
  test("a session that opens, with the digest of the profile that its Access-Accept carried", async () => {
    const n = nextSession();
    const [grantId] = await saveGrants(harness.database, [
      {
        nasId: "bng1",
        username: `user${n}@isp.example`,
        givenAt: at(-5),
        attributes: Buffer.from("0b06706c616e", "hex"),
        profile: { isWalledGarden: true },
        profileDigest: "d1",
      },
    ]);
    harness.opened.length = 0;
    await harness.inTurn(recordOf(n, "start", 0, { observed: { Class: ["upstream", `weir:${grantId}`] } }));
    expect(harness.opened).toEqual([
      { id: expect.any(String), nasId: "bng1", subscriberId: `user${n}@isp.example`, appliedDigest: "d1" },
    ]);
    const [session] = await openSessionsOf(harness.database, `user${n}@isp.example`);
    expect(session?.granted?.toString("hex")).toBe("0b06706c616e");
  });

  test("nothing of records that carry on with an open session or end it", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 0));
    harness.opened.length = 0;
    await harness.inTurn(recordOf(n, "interim", 300), recordOf(n, "stop", 600));
    expect(harness.opened).toEqual([]);
  });

  test("a running session for which the NAS took a newer Access-Accept", async () => {
    const n = nextSession();
    await harness.inTurn(recordOf(n, "start", 0, { observed: { Class: ["weir:999999"] } }));
    const grant = {
      nasId: "bng1",
      username: `user${n}@isp.example`,
      givenAt: at(200),
      attributes: Buffer.of(1, 3, 65),
    };
    const [grantId] = await saveGrants(harness.database, [
      { ...grant, profile: { isWalledGarden: true }, profileDigest: "d2" },
    ]);
    harness.opened.length = 0;
    await harness.inTurn(recordOf(n, "interim", 300, { observed: { Class: [`weir:${grantId}`] } }));
    expect(harness.opened).toMatchObject([{ appliedDigest: "d2" }]);
  });
});

test("a session whose Access-Accept had a profile that nobody could write down: nobody knows what it has", async () => {
  const n = nextSession();
  harness.opened.length = 0;
  await harness.inTurn(recordOf(n, "start", 0, { observed: { Class: ["weir:0"] } }));
  expect(harness.opened).toMatchObject([{ appliedDigest: "?" }]);
  const [session] = await openSessionsOf(harness.database, `user${n}@isp.example`);
  expect(session?.granted).toHaveLength(0);
});

describe("the grant of a session", () => {
  const grantFor = (n: number, rest: object) => ({
    nasId: "bng1",
    username: `user${n}@isp.example`,
    givenAt: at(-5),
    attributes: Buffer.of(11, 3, n),
    ...rest,
  });
  const grantedOctet = async (n: number) =>
    (await openSessionsOf(harness.database, `user${n}@isp.example`))[0]?.granted?.[2];

  test("is found by Acct-Session-Id where there is no Class", async () => {
    const n = nextSession();
    await saveGrants(harness.database, [grantFor(n, { acctSessionId: `S${n}`, callingStationId: "02:07" })]);
    await harness.inTurn(recordOf(n, "start", 0));
    expect(await grantedOctet(n)).toBe(n);
  });

  test("is the newest of the last ten minutes for the username and the line", async () => {
    const n = nextSession();
    await saveGrants(harness.database, [
      grantFor(n, { givenAt: at(-5), callingStationId: "02:00", attributes: Buffer.of(11, 3, 200) }),
      grantFor(n, { givenAt: at(-50), callingStationId: "02:00", attributes: Buffer.of(11, 3, 201) }),
      grantFor(n, { givenAt: at(-1), callingStationId: "02:01", attributes: Buffer.of(11, 3, 202) }),
    ]);
    await harness.inTurn(recordOf(n, "start", 0, { identity: { "Calling-Station-Id": "02:00" } }));
    expect(await grantedOctet(n)).toBe(200);
  });

  test("older than ten minutes is not guessed", async () => {
    const n = nextSession();
    await saveGrants(harness.database, [grantFor(n, { givenAt: at(-601) })]);
    await harness.inTurn(recordOf(n, "start", 0));
    expect(await grantedOctet(n)).toBeUndefined();
  });

  test("of another NAS is not taken, whatever the Class says", async () => {
    const n = nextSession();
    const [grantId] = await saveGrants(harness.database, [grantFor(n, { nasId: "bng2" })]);
    await harness.inTurn(recordOf(n, "start", 0, { observed: { Class: [`weir:${grantId}`] } }));
    expect(await grantedOctet(n)).toBeUndefined();
  });
});
