import { cpus, loadavg } from "node:os";
import type { CoaResult } from "./coa-suite.ts";
import type { LoadResult } from "./load-suite.ts";
import type { PeerResult } from "./peer.ts";
import type { ReportResult } from "./report-suite.ts";

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly node: string;
  /** Over the last minute, before anything was measured: others' work. */
  readonly loadBefore: number;
}

/** Everything that was measured; what was not asked for is missing. */
export interface BenchResults {
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly peer?: PeerResult;
  readonly accounting?: readonly LoadResult[];
  readonly access?: readonly LoadResult[];
  readonly coa?: CoaResult;
  readonly report?: ReportResult;
}

export const thisMachine = (): Machine => ({
  cores: cpus().length,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  node: process.version,
  loadBefore: loadavg()[0] ?? Number.NaN,
});

type Row = Readonly<Record<string, string>>;

const times = (value: number, other: number): string => `${(value / other).toFixed(1)} times`;

/** The first run apart where it is another thing than those after it: it opens the sessions, in an empty database. */
function firstRunRows(results: readonly LoadResult[]): Row[] {
  return results.flatMap(({ generator, runs: [first] }) =>
    first === undefined
      ? []
      : [
          {
            measured: `accounting, first run on an empty database (${generator})`,
            "a second": String(first.perSecond),
            p50: `${first.p50Ms} ms`,
            p95: `${first.p95Ms} ms`,
            p99: `${first.p99Ms} ms`,
            "CPU each": `${first.serverMicroseconds} + ${first.postgresMicroseconds} µs`,
          },
        ],
  );
}

function loadRows(name: string, results: readonly LoadResult[], peer: number | undefined): Row[] {
  return results.map((result) => ({
    measured: `${name} (${result.generator})`,
    "a second": String(result.perSecond),
    p50: `${result.p50Ms} ms`,
    p95: `${result.p95Ms} ms`,
    p99: `${result.p99Ms} ms`,
    "CPU each": `${result.serverMicroseconds} + ${result.postgresMicroseconds} µs`,
    ...(result.lost + result.rejected + result.bad > 0 && {
      wrong: `${result.lost} lost, ${result.rejected} rejected, ${result.bad} bad`,
    }),
    ...(peer !== undefined && { "of the peer's": times(result.perSecond, peer) }),
  }));
}

/** One line for each figure. */
export function tableRows({ accounting = [], access = [], coa, report, peer }: BenchResults): Row[] {
  return [
    ...(peer
      ? [
          { measured: "accounting of the peer", "a second": String(peer.accounting) },
          { measured: "access of the peer", "a second": String(peer.access) },
        ]
      : []),
    ...firstRunRows(accounting),
    ...loadRows("accounting", accounting, peer?.accounting),
    ...loadRows("access", access, peer?.access),
    ...(coa
      ? [
          {
            measured: `CoA, ${coa.acknowledged} acknowledged and recorded`,
            "a second": String(coa.perSecond),
            "CPU each": `${coa.serverMicroseconds} + ${coa.postgresMicroseconds} µs`,
          },
        ]
      : []),
    ...(report
      ? [
          {
            measured: "report to CoA",
            p50: `${report.p50Ms} ms`,
            p95: `${report.p95Ms} ms`,
            p99: `${report.p99Ms} ms`,
          },
        ]
      : []),
  ];
}

/** How far two generators agree: the slower one's share of the faster one; undefined: only one measured. */
export function agreement(results: readonly LoadResult[] | undefined): number | undefined {
  const [one, other] = results ?? [];
  if (!one || !other) return undefined;
  return Math.min(one.perSecond, other.perSecond) / Math.max(one.perSecond, other.perSecond);
}
