import { afterEach, expect, test } from "vitest";
import { type AccessJournal, createAccessJournal } from "../../../src/authorization/access-journal.ts";
import type { AccessEnforcement } from "../../../src/enforcement/access-journal-store.ts";

const suspended: AccessEnforcement = {
  subscriberId: "s1",
  nasId: "bng1",
  reason: "suspended",
  at: new Date(3_600_000),
  profile: { isSuspended: true },
  digest: "d1",
};
const at = (ms: number, rest: Partial<AccessEnforcement> = {}): AccessEnforcement => ({
  ...suspended,
  at: new Date(ms),
  ...rest,
});

let journal: AccessJournal | undefined;
afterEach(() => journal?.stop());

/** How many of these are put on record. */
async function recorded(...logins: readonly AccessEnforcement[]): Promise<number> {
  let count = 0;
  journal = createAccessJournal({
    queryable: { query: () => Promise.reject(new Error("nobody asks")) },
    insertAccessEnforcements: async (_, inserted) => {
      count += inserted.length;
    },
    maxWaitMs: 1_000,
    failed: () => expect.unreachable(),
  });
  for (const login of logins) await journal.record(login);
  return count;
}

test("of rejects that say the same, one in ten minutes is on record", async () => {
  expect(await recorded(at(0), at(1), at(599_999), at(600_000), at(600_001))).toBe(2);
});

test("one that says anything else is another one", async () => {
  const others = [{ subscriberId: "s2" }, { nasId: "bng2" }, { reason: "terminated" }, { digest: "d2" }];
  expect(await recorded(at(0), ...others.map((rest) => at(0, rest)))).toBe(5);
});

test("each login that is let in is on record: it opens a session of its own", async () => {
  expect(
    await recorded(at(0, { profile: { isWalledGarden: true } }), at(1, { profile: { isWalledGarden: true } })),
  ).toBe(2);
});

test("a clock that is set back an hour keeps no reject off the record for an hour", async () => {
  expect(await recorded(at(3_600_000), at(0), at(1))).toBe(2);
});
