import { setTimeout as delay } from "node:timers/promises";
import { loadSubscriber } from "../src/simulator/load/load-subscriber.ts";
import type { BenchOptions } from "./bench-options.ts";
import { type EnforcementCounts, openEnforcementCountStore } from "./enforcement-count-store.ts";
import { ownGenerator } from "./generator.ts";
import { cpuTimes } from "./process-times.ts";
import { type Sink, startSink } from "./sink.ts";
import { SECRET, startWeirProcess, type WeirProcess } from "./weir-process.ts";

export interface CoaResult {
  readonly sessions: number;
  /** From letting them go until the last outcome was committed. */
  readonly seconds: number;
  readonly perSecond: number;
  /** From the first to the last request, at the sink. */
  readonly sinkSeconds: number;
  readonly acknowledged: number;
  readonly otherOutcomes: number;
  readonly repeated: number;
  readonly serverMicroseconds: number;
  readonly postgresMicroseconds: number;
}

const ORDERS_AT_ONCE = 16;
const LOOK_EVERY_MS = 20;
const LIMIT_MS = 120_000;
const IN_FLIGHT = 256;
/** So few a second that nothing leaves while the orders are given. */
const HELD_BACK = 0.001;

const putNas = (weir: WeirProcess, coaPort: number, coa: { readonly ratePerSecond?: number }) =>
  weir.api.call("PUT", "/v1/nas/bench", {
    address: "127.0.0.1",
    secret: SECRET,
    vendor: "generic",
    coaPort,
    coa: { maxInFlight: IN_FLIGHT, ...coa },
  });

/** Opens sessions 0 to count-1 with their Starts. */
export async function openSessions(weir: WeirProcess, count: number): Promise<void> {
  const figures = await ownGenerator.run({
    kind: "accounting",
    host: "127.0.0.1",
    port: weir.acctPort,
    secret: SECRET,
    sessions: count,
    packets: count,
    inFlight: 64,
  });
  if (figures.accepted !== count) throw new Error(`only ${figures.accepted} of ${count} sessions were opened`);
}

async function orderThrottles({ api }: WeirProcess, count: number): Promise<void> {
  let next = 0;
  const orderInTurn = async () => {
    for (let n = next++; n < count; n = next++) {
      await api.call("PUT", `/v1/subscribers/${loadSubscriber(n).username}/measures/throttle`, {
        reason: "bench",
        params: { downKbps: 1024, upKbps: 256 },
      });
    }
  };
  await Promise.all(Array.from({ length: ORDERS_AT_ONCE }, orderInTurn));
}

async function allRecorded(counts: () => Promise<EnforcementCounts>, wanted: number): Promise<EnforcementCounts> {
  const giveUpAt = performance.now() + LIMIT_MS;
  for (;;) {
    const now = await counts();
    const recorded = Object.values(now.outcomes).reduce((sum, count) => sum + count, 0);
    if (recorded >= wanted && now.waiting === 0) return now;
    if (performance.now() > giveUpAt)
      throw new Error(`${recorded} outcomes, ${now.waiting} waiting after ${LIMIT_MS} ms`);
    await delay(LOOK_EVERY_MS);
  }
}

async function measured(weir: WeirProcess, sink: Sink, sessions: number): Promise<CoaResult> {
  const store = await openEnforcementCountStore(await weir.databaseUrl());
  try {
    const before = cpuTimes(weir.pid);
    const startedAt = performance.now();
    await putNas(weir, sink.port, {});
    const { outcomes } = await allRecorded(store.counts, sessions);
    const seconds = (performance.now() - startedAt) / 1000;
    const after = cpuTimes(weir.pid);
    const counts = await sink.counts();
    const { acknowledged = 0, ...others } = outcomes;
    const cost = (which: "serverMs" | "postgresMs") =>
      before && after ? Number(((1000 * (after[which] - before[which])) / sessions).toFixed(1)) : Number.NaN;
    return {
      sessions,
      seconds: Number(seconds.toFixed(3)),
      perSecond: Math.round(sessions / seconds),
      sinkSeconds: Number(counts.seconds.toFixed(3)),
      acknowledged,
      otherOutcomes: Object.values(others).reduce((sum, count) => sum + count, 0),
      repeated: counts.repeated,
      serverMicroseconds: cost("serverMs"),
      postgresMicroseconds: cost("postgresMs"),
    };
  } finally {
    await store.close();
  }
}

/**
 * CoA-Requests a second: every session gets an order while its NAS takes none, then the NAS takes as many as may be in
 * flight. It is over when every outcome is in the database and nothing waits.
 */
export async function runCoaSuite({ coaSessions, workers }: BenchOptions): Promise<CoaResult> {
  const sink = await startSink(SECRET, false);
  try {
    const weir = await startWeirProcess(workers);
    try {
      await putNas(weir, sink.port, { ratePerSecond: HELD_BACK });
      await openSessions(weir, coaSessions);
      await orderThrottles(weir, coaSessions);
      return await measured(weir, sink, coaSessions);
    } finally {
      await weir.stop();
    }
  } finally {
    await sink.stop();
  }
}
