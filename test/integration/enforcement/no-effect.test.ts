import { afterEach, beforeEach, expect, test } from "vitest";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { listMeasures, measureViewOfKind } from "../../../src/enforcement/measure-view-store.ts";
import { enqueueOpened } from "../../../src/enforcement/outbox-store.ts";
import { reconcileProfiles } from "../../../src/enforcement/reconcile.ts";
import { listSessions } from "../../../src/session/session-list-store.ts";
import { createRecorderHarness, type RecorderHarness, recordOf } from "../session/recorder-harness.ts";
import { allDone, garden, order, person, startDispatcher } from "./fixtures.ts";
import { createScriptedNas, type ScriptedNas } from "./scripted-nas.ts";

let weir: RecorderHarness;
let nas: ScriptedNas;
let dispatcher: Dispatcher;
const subscriberId = "user1@isp.example";

/** What the customer's session shows, time after time, whatever is acknowledged. */
const shows = (seconds: number, filter: string) =>
  weir.recorder.record(recordOf(1, "interim", seconds, { observed: { "Filter-Id": [filter] } }));

const profileState = async () => {
  const { items } = await listSessions(weir.database, { subscriber: subscriberId }, { limit: 1 });
  return items[0]?.profile.state;
};

const measureState = async () => {
  const view = await measureViewOfKind(weir.database, { subscriberId, kind: "walled-garden" });
  const { items } = await listMeasures(weir.database, { subscriberId }, { limit: 1 });
  expect(items[0]?.state).toBe(view?.state);
  return view?.state;
};

beforeEach(async () => {
  weir = await createRecorderHarness({ onOpened: enqueueOpened });
  nas = createScriptedNas();
  dispatcher = startDispatcher(weir.database, nas);
  await weir.recorder.record(recordOf(1, "start", 0, { observed: { "Filter-Id": ["gold"] } }));
  await shows(60, "gold");
});
afterEach(async () => {
  await dispatcher.stop();
  await weir.stop();
});

test("a change that the NAS acknowledged and did not make is seen in the next Interim, though nothing in it is new", async () => {
  await order(weir.database, { subscriberId, detail: garden });
  await allDone(weir.database);
  expect(await profileState()).toBe("in-force");
  expect(await measureState()).toBe("in-force");
  await shows(120, "gold");
  expect(await profileState()).toBe("drifted");
  // It is to be repaired; until somebody has to look, nothing is known to stand in the way.
  expect(await measureState()).toBe("pending");
  await weir.database.query("update session set obstacle = 'drifted'");
  expect(await measureState()).toBe("failed");
});

test("a repair of a release that changed nothing still knows what there was to take away", async () => {
  await order(weir.database, { subscriberId, detail: garden });
  await allDone(weir.database);
  const shown = nas.seen[0]?.asks ?? "";
  await shows(120, shown);
  await weir.database.transaction((trx) =>
    liftMeasure(trx, { subscriberId, kind: "walled-garden", by: person, now: new Date() }),
  );
  await allDone(weir.database);
  await shows(180, shown);
  expect(await profileState()).toBe("drifted");
  // What is known is looked at before the repair is carried out.
  await dispatcher.stop();
  const findings = await reconcileProfiles(weir.database, {
    now: new Date(Date.now() + 60_000),
    signal: new AbortController().signal,
  });
  expect(findings).toMatchObject({ repaired: 1 });
  const [row] = await weir.database.query<{ imposed: { attributes: { value: string }[] } }>(
    "select imposed from session",
  );
  expect(row?.imposed.attributes.map(({ value }) => value)).toContain(shown);
});
