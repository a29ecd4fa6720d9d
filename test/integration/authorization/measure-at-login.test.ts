import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AuthorizerDependencies } from "../../../src/authorization/authorizer.ts";
import { regenerateNow } from "../../../src/authorization/password-change.ts";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import type { MeasureDetail } from "../../../src/enforcement/measure.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { enqueueOpened } from "../../../src/enforcement/outbox-store.ts";
import { endPasswordRegeneration, markPasswordRegenerated } from "../../../src/enforcement/regenerate-password.ts";
import { Code } from "../../../src/radius/code.ts";
import { saveGrants } from "../../../src/session/grant-store.ts";
import { record } from "../../unit/session/accounting-record.ts";
import { allDone, startDispatcher } from "../enforcement/fixtures.ts";
import { createScriptedNas } from "../enforcement/scripted-nas.ts";
import { somebodyWaits } from "../session/held-batch.ts";
import { createRecorderHarness, type RecorderHarness } from "../session/recorder-harness.ts";
import {
  type Answer,
  addSubscriber,
  credentials,
  type Harness,
  harnessOn,
  lift,
  login,
  nasOf,
  order,
  pap,
} from "./login-harness.ts";
import { accept, createUpstreamBench, type UpstreamBench } from "./upstream-harness.ts";

// A measure is ordered or lifted in the very moment of a login. Whichever comes first, the session ends up with what holds.

const nas = { ...nasOf("generic"), id: "bng1" };
const garden: MeasureDetail = { kind: "walled-garden", params: {} };
const suspend: MeasureDetail = { kind: "suspend", params: {} };

let recorder: RecorderHarness;
let bench: UpstreamBench;
let equipment: ReturnType<typeof createScriptedNas>;
let dispatcher: Dispatcher;
/** In the transaction that opens a session, once enforcement has looked at it. */
let afterOpening: () => Promise<void> = async () => undefined;
const running: Harness[] = [];

beforeAll(async () => {
  recorder = await createRecorderHarness({
    onOpened: async (trx, sessions) => {
      const isSomethingToDo = await enqueueOpened(trx, sessions);
      await afterOpening();
      return isSomethingToDo;
    },
  });
  bench = await createUpstreamBench(recorder);
});
beforeEach(async () => {
  await bench.clear();
  await recorder.database.query("delete from session");
  await addSubscriber(recorder.database, { id: "s1", usernames: ["alice"], password: "pw" });
  equipment = createScriptedNas();
  dispatcher = startDispatcher(recorder.database, equipment);
});
afterEach(async () => {
  afterOpening = async () => undefined;
  for (const { authorizer } of running.splice(0)) await authorizer.stop();
  await dispatcher.stop();
});
afterAll(async () => {
  await recorder.recorder.stop();
  await bench.stop();
});

type Changes = Pick<AuthorizerDependencies, "saveGrants"> | Record<string, never>;

const ways = {
  local: async (changes: Changes) => {
    const harness = harnessOn(recorder.database, { limits: { maxWaitMs: 10_000 }, ...changes });
    running.push(harness);
    return harness;
  },
  upstream: async (changes: Changes) =>
    bench.through([await bench.upstream(accept())], { limits: { maxWaitMs: 10_000 }, ...changes }),
};

const enter = async (harness: Harness): Promise<Answer> => await login(harness, nas, pap(nas, "alice", "pw"));

/** The NAS opens the session that this Accept allowed. */
const start = ({ attributes }: Answer): Promise<void> =>
  recorder.recorder.record(record("start", 0, { username: "alice", observed: { Class: attributes["Class"] ?? [] } }));

/** What its NAS runs in the end, and by which requests it came to that. */
async function inTheEnd() {
  dispatcher.wake();
  await allDone(recorder.database);
  const [row] = await recorder.database.query<{ applied: object | null; follows: boolean }>(
    `select session.applied, session.applied_digest is not distinct from subscriber.profile_digest as follows
     from session join subscriber on subscriber.id = session.subscriber_id`,
  );
  return { ...row, asked: equipment.seen.map(({ kind }) => kind) };
}

const gardened = { applied: { isWalledGarden: true }, follows: true, asked: ["coa"] };
const ended = { applied: { isSuspended: true }, follows: true, asked: ["disconnect"] };

describe.each(["local", "upstream"] as const)("%s logins", (way) => {
  test.each([
    ["a garden", garden, gardened],
    ["a suspension", suspend, ended],
  ])("%s that is ordered after the look-up, before the Accept leaves", async (_, detail, expected) => {
    const harness = await ways[way]({
      saveGrants: async (on, grants) => {
        await order(recorder.database, "s1", detail);
        return await saveGrants(on, grants);
      },
    });
    const answer = await enter(harness);
    expect(answer.code).toBe(Code.AccessAccept);
    expect(answer.attributes["Filter-Id"]).toBeUndefined();
    await start(answer);
    expect(await inTheEnd()).toEqual(expected);
  });

  test.each([
    ["a garden", garden, gardened],
    ["a suspension", suspend, ended],
  ])("%s that is ordered between the Accept and the Start", async (_, detail, expected) => {
    const answer = await enter(await ways[way]({}));
    await order(recorder.database, "s1", detail);
    await start(answer);
    expect(await inTheEnd()).toEqual(expected);
  });

  test("a garden that is ordered while the Start is being recorded waits for it, and finds the session", async () => {
    const answer = await enter(await ways[way]({}));
    const ordering = Promise.withResolvers<unknown>();
    let waits: Promise<unknown> = Promise.resolve();
    afterOpening = async () => {
      ordering.resolve(order(recorder.database, "s1", garden));
      waits = somebodyWaits(recorder.database);
      await waits.catch(() => undefined);
    };
    await start(answer);
    await ordering.promise;
    await waits;
    expect(await inTheEnd()).toEqual(gardened);
  });

  test("a Start that comes while a garden is being ordered waits for it, and sees it", async () => {
    const answer = await enter(await ways[way]({}));
    const isOrdered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const ordering = recorder.database.transaction(async (trx) => {
      await orderMeasure(trx, {
        subscriberId: "s1",
        detail: garden,
        reason: "test",
        orderedBy: "key:test",
        now: new Date(),
      });
      isOrdered.resolve();
      await gate.promise;
    });
    await isOrdered.promise;
    const started = start(answer);
    await somebodyWaits(recorder.database).finally(gate.resolve);
    await Promise.all([ordering, started]);
    expect(await inTheEnd()).toEqual(gardened);
  });

  test("a garden that is lifted after the look-up does not stay on the session", async () => {
    await order(recorder.database, "s1", garden);
    const harness = await ways[way]({
      saveGrants: async (on, grants) => {
        await lift(recorder.database, "s1", "walled-garden");
        return await saveGrants(on, grants);
      },
    });
    const answer = await enter(harness);
    expect(answer.attributes["Filter-Id"]).toEqual(["walled-garden"]);
    await start(answer);
    expect(await inTheEnd()).toEqual({ applied: null, follows: true, asked: ["coa"] });
  });
});

test.each([
  ["a garden", garden, gardened],
  ["a suspension", suspend, ended],
])("%s that is ordered while the upstream is being asked", async (_, detail, expected) => {
  const server = await bench.upstream(accept());
  const harness = bench.through([server], { meanwhile: () => order(recorder.database, "s1", detail) });
  const answer = await enter(harness);
  expect(answer.code).toBe(Code.AccessAccept);
  expect(answer.attributes["Filter-Id"]).toBeUndefined();
  await start(answer);
  expect(await inTheEnd()).toEqual(expected);
});

describe("a password that is replaced now, its sessions ended", () => {
  const replace = async (answer: "reject" | "walled-garden") => {
    await order(recorder.database, "s1", { kind: "regenerate-password", params: { when: "now", answer } });
    const measure = { markPasswordRegenerated, endPasswordRegeneration };
    await recorder.database.transaction((trx) =>
      regenerateNow(trx, { subscriberId: "s1", now: new Date() }, { credentials, measure }),
    );
  };
  const newPassword = async () => {
    const told = await recorder.database.transaction((trx) =>
      credentials.reveal(trx, { subscriberId: "s1", by: "key:helpdesk", now: new Date() }),
    );
    return told.kind === "password" ? told.password : "";
  };

  test("ends the session whose Accept had just left for the old one", async () => {
    const answer = await enter(await ways.local({}));
    await replace("reject");
    await start(answer);
    expect((await inTheEnd()).asked).toEqual(["disconnect"]);
  });

  test("gardens it, where that is the answer", async () => {
    const answer = await enter(await ways.local({}));
    await replace("walled-garden");
    await start(answer);
    expect(await inTheEnd()).toEqual(gardened);
  });

  test("leaves the session alone that the new one opens", async () => {
    const harness = await ways.local({});
    await replace("reject");
    const answer = await login(harness, nas, pap(nas, "alice", await newPassword()));
    await start(answer);
    expect(await inTheEnd()).toMatchObject({ follows: true, asked: [] });
  });

  test("leaves a session alone that no login opened", async () => {
    await replace("reject");
    await recorder.recorder.record(record("start", 0, { username: "alice" }));
    expect((await inTheEnd()).asked).toEqual([]);
  });
});
