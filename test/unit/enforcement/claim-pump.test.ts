import { expect, test, vi } from "vitest";
import type { Queryable } from "../../../src/database/database.ts";
import { createClaimPump } from "../../../src/enforcement/claim-pump.ts";
import type { ClaimedJob } from "../../../src/enforcement/claim-store.ts";
import { createHeldClaims } from "../../../src/enforcement/held-claims.ts";

/** A pump over due jobs by session id, each found once. */
function pumpOver(...due: string[]) {
  const runs: string[] = [];
  const ends: (() => void)[] = [];
  const givenBack: (readonly [string, number])[] = [];
  const database: Queryable = {
    query: async <Row>() =>
      due.splice(0).map((id) => ({ session_id: id, job_nas_id: "bng1", id: null })) as unknown as Row[],
  };
  const pump = createClaimPump({
    database,
    claim: { claimant: "me", leaseMs: 1000, batch: 10 },
    claims: createHeldClaims({ leaseMs: 1000, uptimeMs: () => 0 }),
    uptimeMs: () => 0,
    room: () => new Map([["bng1", 10]]),
    run: ({ sessionId }: ClaimedJob) =>
      new Promise((resolve, reject) => {
        runs.push(sessionId);
        ends.push(sessionId === "broken" ? () => reject(new Error("broken")) : resolve);
      }),
    giveBack: async ({ sessionId }, delayMs) => void givenBack.push([sessionId, delayMs]),
    onError: () => undefined,
  });
  return { pump, due, runs, ends, givenBack };
}

test("a job that is claimed again while its run has not quite ended is given back, and run anew: not left to its lease", async () => {
  const { pump, due, runs, ends, givenBack } = pumpOver("1");
  pump.wake();
  await vi.waitFor(() => expect(runs).toEqual(["1"]));
  due.push("1");
  pump.wake();
  await vi.waitFor(() => expect(due).toEqual([]));
  ends[0]?.();
  await vi.waitFor(() => expect(givenBack).toEqual([["1", 0]]));
  due.push("1");
  pump.wake();
  await vi.waitFor(() => expect(runs).toEqual(["1", "1"]));
  ends[1]?.();
  await pump.stop(1000);
});

test("a run that breaks off gives its job back, for a moment later", async () => {
  const { pump, runs, ends, givenBack } = pumpOver("broken");
  pump.wake();
  await vi.waitFor(() => expect(runs).toEqual(["broken"]));
  ends[0]?.();
  await vi.waitFor(() => expect(givenBack).toEqual([["broken", 1000]]));
  await pump.stop(1000);
});
