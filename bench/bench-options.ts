import { parseArgs } from "node:util";

export const suites = ["accounting", "access", "coa", "report"] as const;
export type Suite = (typeof suites)[number];

export interface BenchOptions {
  readonly suites: readonly Suite[];
  readonly sessions: number;
  readonly packets: number;
  readonly inFlight: number;
  readonly runs: number;
  readonly coaSessions: number;
  readonly reports: number;
  readonly workers: number;
  /** A compiled radload, as a second generator. */
  readonly radload?: string;
  /** A script that measures another server under the same load, and prints radload's figures after "acct" and "auth". */
  readonly peer?: string;
  /** A real Shadowserver event4_sinkhole file: its first row is what the reports are made of. */
  readonly sample?: string;
  readonly json?: string;
}

export const usage = `usage: npm run bench -- [options]

Measures this machine from outside: the server, PostgreSQL (fsync and
synchronous_commit on) and the generators share its cores, each in processes of
its own. Everything lives in a temporary folder and on loopback.

  --suite NAME     accounting, access, coa or report; may be repeated (all)
  --sessions N     sessions, or users (20000)
  --packets N      requests in each run: a Start for each session, then
                   Interim-Updates (40000)
  --in-flight N    requests kept outstanding (64)
  --runs N         runs of each generator on one server; the figure is their
                   median (3)
  --coa-sessions N sessions that get a CoA-Request each (5000)
  --reports N      reports, one after another (1000)
  --json FILE      also writes all figures to FILE

  RADLOAD=PATH     a compiled radload.c: measures with it too, and says how far
                   the two agree
  PEER=PATH        a script that measures another server under the same load,
                   called with SESSIONS PACKETS INFLIGHT
  SAMPLE=PATH      a real Shadowserver event4_sinkhole file for --suite report
                   (one of the same layout is built in)
  WEIR_WORKERS=N   processes for RADIUS in the measured server (1)

exit code: 0 measured, 1 failed, 2 wrong usage
`;

const optionTypes = {
  suite: { type: "string", multiple: true },
  sessions: { type: "string", default: "20000" },
  packets: { type: "string", default: "40000" },
  "in-flight": { type: "string", default: "64" },
  runs: { type: "string", default: "3" },
  "coa-sessions": { type: "string", default: "5000" },
  reports: { type: "string", default: "1000" },
  json: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export type OptionsReading =
  | { readonly kind: "options"; readonly options: BenchOptions }
  | { readonly kind: "help" }
  | { readonly kind: "problem"; readonly problem: string };

const isSuite = (name: string): name is Suite => suites.some((suite) => suite === name);

class Usage extends Error {}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000_000) throw new Usage(`${name}: a whole number from 1 on`);
  return value;
}

function optionsFrom(args: readonly string[], environment: NodeJS.ProcessEnv): BenchOptions | undefined {
  const { values } = parseArgs({ args: [...args], options: optionTypes });
  if (values.help) return undefined;
  const chosen = values.suite ?? [...suites];
  const unknown = chosen.find((name) => !isSuite(name));
  if (unknown !== undefined) throw new Usage(`there is no suite "${unknown}"`);
  const { RADLOAD, PEER, SAMPLE, WEIR_WORKERS } = environment;
  return {
    suites: suites.filter((suite) => chosen.includes(suite)),
    sessions: count("--sessions", values.sessions),
    packets: count("--packets", values.packets),
    inFlight: count("--in-flight", values["in-flight"]),
    runs: count("--runs", values.runs),
    coaSessions: count("--coa-sessions", values["coa-sessions"]),
    reports: count("--reports", values.reports),
    workers: count("WEIR_WORKERS", WEIR_WORKERS ?? "1"),
    ...(RADLOAD && { radload: RADLOAD }),
    ...(PEER && { peer: PEER }),
    ...(SAMPLE && { sample: SAMPLE }),
    ...(values.json !== undefined && { json: values.json }),
  };
}

/** Reads the command line and the environment. */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): OptionsReading {
  try {
    const options = optionsFrom(args, environment);
    return options ? { kind: "options", options } : { kind: "help" };
  } catch (error) {
    if (error instanceof Usage || (error instanceof TypeError && "code" in error))
      return { kind: "problem", problem: error.message };
    throw error;
  }
}
