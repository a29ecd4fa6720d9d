import type { LoadFigures } from "../src/simulator/load/load-order.ts";
import type { BenchOptions } from "./bench-options.ts";
import type { Generator } from "./generator.ts";
import { median } from "./median.ts";
import { cpuTimes } from "./process-times.ts";
import { SECRET, startWeirProcess, type WeirProcess } from "./weir-process.ts";

/** One run, with what it cost the server and its PostgreSQL for each answer. */
export interface LoadRun extends LoadFigures {
  readonly serverMicroseconds: number;
  readonly postgresMicroseconds: number;
}

/** What one generator found: the medians over its runs, and the runs. */
export interface LoadResult {
  readonly generator: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly serverMicroseconds: number;
  readonly postgresMicroseconds: number;
  /** Over all runs: answers that never came, that said no, or that were not authentic. */
  readonly lost: number;
  readonly rejected: number;
  readonly bad: number;
  readonly runs: readonly LoadRun[];
}

export interface LoadSuite {
  readonly kind: "accounting" | "access";
  readonly options: BenchOptions;
  readonly tell: (text: string) => void;
}

async function measuredRun(weir: WeirProcess, generator: Generator, suite: LoadSuite): Promise<LoadRun> {
  const { sessions, packets, inFlight } = suite.options;
  const before = cpuTimes(weir.pid);
  const figures = await generator.run({
    kind: suite.kind,
    host: "127.0.0.1",
    port: suite.kind === "accounting" ? weir.acctPort : weir.authPort,
    secret: SECRET,
    sessions,
    packets,
    inFlight,
  });
  const after = cpuTimes(weir.pid);
  const cost = (which: "serverMs" | "postgresMs") =>
    before && after ? Number(((1000 * (after[which] - before[which])) / figures.answered).toFixed(1)) : Number.NaN;
  return { ...figures, serverMicroseconds: cost("serverMs"), postgresMicroseconds: cost("postgresMs") };
}

/** Accounts with local credentials for an access load. */
async function importSubscribers({ api }: WeirProcess, count: number): Promise<void> {
  const { loadSubscriber } = await import("../src/simulator/load/load-subscriber.ts");
  const lines = Array.from({ length: count }, (_, n) => {
    const { username, password } = loadSubscriber(n);
    return JSON.stringify({ id: username, usernames: [username], credential: { password } });
  });
  await api.post("/v1/subscribers/import", "application/x-ndjson", `${lines.join("\n")}\n`);
}

function summary(generator: string, runs: readonly LoadRun[]): LoadResult {
  const middle = (which: keyof LoadRun) => median(runs.map((run) => run[which]));
  const sum = (which: keyof LoadRun) => runs.reduce((total, run) => total + run[which], 0);
  return {
    generator,
    perSecond: middle("perSecond"),
    p50Ms: middle("p50Ms"),
    p95Ms: middle("p95Ms"),
    p99Ms: middle("p99Ms"),
    serverMicroseconds: middle("serverMicroseconds"),
    postgresMicroseconds: middle("postgresMicroseconds"),
    lost: sum("lost"),
    rejected: sum("rejected"),
    bad: sum("bad"),
    runs,
  };
}

/** One generator's runs against a fresh server, as a peer is measured: the first finds nothing there, the others all. */
export async function runLoadSuite(suite: LoadSuite, generator: Generator): Promise<LoadResult> {
  const weir = await startWeirProcess(suite.options.workers);
  try {
    if (suite.kind === "access") await importSubscribers(weir, suite.options.sessions);
    const runs: LoadRun[] = [];
    for (let run = 0; run < suite.options.runs; run++) {
      const figures = await measuredRun(weir, generator, suite);
      suite.tell(`${suite.kind}, ${generator.name}: ${figures.perSecond}/s, p99 ${figures.p99Ms} ms`);
      runs.push(figures);
    }
    return summary(generator.name, runs);
  } finally {
    await weir.stop();
  }
}
