import { writeFileSync } from "node:fs";
import { type BenchOptions, readOptions, usage } from "./bench-options.ts";
import { agreement, type BenchResults, tableRows, thisMachine } from "./bench-results.ts";
import { runCoaSuite } from "./coa-suite.ts";
import { type Generator, ownGenerator, radloadGenerator } from "./generator.ts";
import { type LoadResult, runLoadSuite } from "./load-suite.ts";
import { measurePeer } from "./peer.ts";
import { runReportSuite } from "./report-suite.ts";

const tell = (text: string) => process.stderr.write(`${text}\n`);

async function runLoadSuites(kind: "accounting" | "access", options: BenchOptions): Promise<LoadResult[]> {
  const generators: Generator[] = [ownGenerator, ...(options.radload ? [radloadGenerator(options.radload)] : [])];
  const results: LoadResult[] = [];
  for (const generator of generators) results.push(await runLoadSuite({ kind, options, tell }, generator));
  return results;
}

/** One suite after another: at any time only one server is under load. */
async function measure(options: BenchOptions): Promise<BenchResults> {
  const wants = (suite: BenchOptions["suites"][number]) => options.suites.includes(suite);
  const wantsPeer = options.peer !== undefined && (wants("accounting") || wants("access"));
  const machine = thisMachine();
  return {
    measuredAt: new Date().toISOString(),
    machine,
    ...(wantsPeer && options.peer && { peer: await measurePeer(options.peer, options) }),
    ...(wants("accounting") && { accounting: await runLoadSuites("accounting", options) }),
    ...(wants("access") && { access: await runLoadSuites("access", options) }),
    ...(wants("coa") && { coa: await runCoaSuite(options) }),
    ...(wants("report") && { report: await runReportSuite(options) }),
  };
}

function print(results: BenchResults): void {
  const { cores, processor, loadBefore } = results.machine;
  console.log(`${cores} cores (${processor}), shared by generator, server and PostgreSQL; load before: ${loadBefore}`);
  console.table(tableRows(results));
  for (const kind of ["accounting", "access"] as const) {
    const share = agreement(results[kind]);
    if (share !== undefined)
      console.log(`the two generators agree on ${kind} within ${Math.round(100 * (1 - share))} %`);
  }
}

async function main(): Promise<number> {
  const reading = readOptions(process.argv.slice(2), process.env);
  if (reading.kind === "help") {
    console.log(usage);
    return 0;
  }
  if (reading.kind === "problem") {
    console.error(`bench: ${reading.problem}\n\n${usage}`);
    return 2;
  }
  const results = await measure(reading.options);
  print(results);
  const { json } = reading.options;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  return 0;
}

process.exitCode = await main();
