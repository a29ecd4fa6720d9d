import { setTimeout as delay } from "node:timers/promises";
import { loadSubscriber } from "../src/simulator/load/load-subscriber.ts";
import type { BenchOptions } from "./bench-options.ts";
import { openSessions } from "./coa-suite.ts";
import { quantile } from "./median.ts";
import { type Sink, startSink } from "./sink.ts";
import { type SinkholeReport, sinkholeReport } from "./sinkhole-report.ts";
import { SECRET, startWeirProcess, type WeirProcess } from "./weir-process.ts";

export interface ReportResult {
  readonly reports: number;
  /** From handing the POST to the network until the CoA-Request was taken from the sink's socket. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const SOURCE = "shadowserver";
const WARM_UP = 20;
const ARRIVAL_LIMIT_MS = 10_000;
/** A report's time counts whole seconds, and sessions that began within the second may not have begun yet. */
const SETTLE_MS = 3_000;

async function prepare(weir: WeirProcess, coaPort: number, sessions: number): Promise<void> {
  const { api } = weir;
  await api.call("PUT", "/v1/nas/bench", { address: "127.0.0.1", secret: SECRET, vendor: "generic", coaPort });
  await api.call("PUT", `/v1/sources/${SOURCE}`, { kind: "third-party", trust: 90 });
  const limit = { limit: 10 * sessions, windowSeconds: 3600 };
  for (const breaker of [`source:${SOURCE}`, "base"]) await api.call("PUT", `/v1/breakers/${breaker}`, limit);
  await openSessions(weir, sessions);
  await delay(SETTLE_MS);
}

/** One report, from the POST to the CoA-Request on the wire, in ms. */
async function measureOne(weir: WeirProcess, sink: Sink, report: { n: number; text: SinkholeReport }): Promise<number> {
  const { acctSessionId, ipv4 } = loadSubscriber(report.n);
  const body = report.text(ipv4, new Date(Date.now() - 1_000));
  const startedAt = process.hrtime.bigint();
  const posted = weir.api.post(`/v1/reports?source=${SOURCE}&type=event4_sinkhole`, "text/csv", body);
  const [arrivedAt] = await Promise.all([sink.arrival(acctSessionId, ARRIVAL_LIMIT_MS), posted]);
  return Number(arrivedAt - startedAt) / 1e6;
}

/** How soon a report leads to a CoA-Request: reports one after another, each about another customer, nothing else going on. */
export async function runReportSuite({ reports, workers, sample }: BenchOptions): Promise<ReportResult> {
  const text = sinkholeReport(sample);
  const sink = await startSink(SECRET, true);
  try {
    const weir = await startWeirProcess(workers);
    try {
      const sessions = reports + WARM_UP;
      await prepare(weir, sink.port, sessions);
      const latencies: number[] = [];
      for (let n = 0; n < sessions; n++) latencies.push(await measureOne(weir, sink, { n, text }));
      const measured = latencies.slice(WARM_UP);
      const at = (share: number) => Number(quantile(measured, share).toFixed(2));
      return { reports, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) };
    } finally {
      await weir.stop();
    }
  } finally {
    await sink.stop();
  }
}
