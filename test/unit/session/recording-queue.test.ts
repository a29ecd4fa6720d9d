import { expect, test } from "vitest";
import type { AccountingEvent, NasRestart } from "../../../src/session/accounting-event.ts";
import { RecordingQueue } from "../../../src/session/recording-queue.ts";
import { record } from "./accounting-record.ts";

const of = (acctSessionId: string, seconds = 0) => record("interim", seconds, { acctSessionId });
const restart: NasRestart = { nasId: "bng1", kind: "on", at: new Date(0), receivedAt: new Date(0) };
const turn = () => new Promise(setImmediate);

/** A queue whose batches end when the test says so, in the order in which they were handed on. */
function scriptedQueue() {
  const handedOn: string[] = [];
  const ends: (() => void)[] = [];
  const waitFor = (what: string) => {
    handedOn.push(what);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const queue = new RecordingQueue({
    maxBatch: 10,
    maxQueue: 100,
    maxWaitMs: 1_000,
    maxUnderWay: 2,
    now: () => new Date(0),
    recordAll: async (events: readonly AccountingEvent[]) => {
      await waitFor(events.map(({ acctSessionId }) => acctSessionId).join(" "));
      return events.map(() => undefined);
    },
    restart: async () => {
      await waitFor("restart");
      return { rest: Promise.resolve() };
    },
  });
  const add = async (...items: readonly (AccountingEvent | NasRestart)[]) => {
    for (const item of items) void queue.add("status" in item ? { event: item } : { restart: item });
    await turn();
  };
  const end = async (index: number) => {
    ends[index]?.();
    await turn();
  };
  return { queue, handedOn, add, end };
}

test("a second batch goes on beside the first, a third waits", async () => {
  const { handedOn, add, end } = scriptedQueue();
  await add(of("A"), of("B"));
  await add(of("C"));
  await add(of("D"));
  expect(handedOn).toEqual(["A B", "C"]);
  await end(1);
  expect(handedOn).toEqual(["A B", "C", "D"]);
});

test("beside a batch under way no batch is started that is less than half its size", async () => {
  const { handedOn, add } = scriptedQueue();
  await add(of("A"), of("B"), of("C"));
  await add(of("D"));
  expect(handedOn).toEqual(["A B C"]);
  await add(of("E"));
  expect(handedOn).toEqual(["A B C", "D E"]);
});

test("a record waits for the one of its session that is under way, records of others do not", async () => {
  const { handedOn, add, end } = scriptedQueue();
  await add(of("A", 0), of("B", 0));
  await add(of("A", 1), of("C", 0));
  expect(handedOn).toEqual(["A B", "C"]);
  await end(0);
  expect(handedOn).toEqual(["A B", "C", "A"]);
});

test("a restart waits for all that came before it, and all that came after it waits for the restart", async () => {
  const { handedOn, add, end } = scriptedQueue();
  await add(of("A"));
  await add(of("B"), restart, of("C"));
  expect(handedOn).toEqual(["A", "B"]);
  await end(0);
  expect(handedOn).toEqual(["A", "B"]);
  await end(1);
  expect(handedOn).toEqual(["A", "B", "restart"]);
  await add(of("D"));
  expect(handedOn).toEqual(["A", "B", "restart"]);
  await end(2);
  expect(handedOn).toEqual(["A", "B", "restart", "C D"]);
});

test("stopping waits for what was taken, and takes nothing more", async () => {
  const { queue, handedOn, add, end } = scriptedQueue();
  await add(of("A"));
  await add(of("A", 1));
  let isStopped = false;
  const stopping = queue.stop().then(() => {
    isStopped = true;
  });
  await expect(queue.add({ event: of("B") })).rejects.toMatchObject({ code: "stopped" });
  await end(0);
  expect({ handedOn, isStopped }).toEqual({ handedOn: ["A", "A"], isStopped: false });
  await end(1);
  await stopping;
});
