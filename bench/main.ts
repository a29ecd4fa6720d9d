import { closeSync, openSync, writeFileSync } from "node:fs";
import { failureText } from "../src/commands/failure-text.ts";
import { interruption } from "../src/commands/interruption.ts";
import { type BenchOptions, readOptions, usage } from "./bench-options.ts";
import { agreement, type BenchResults, tableRows, thisMachine } from "./bench-results.ts";
import { runCoaSuite } from "./coa-suite.ts";
import { type Generator, ownGenerator, radloadGenerator } from "./generator.ts";
import { type LoadResult, runLoadSuite } from "./load-suite.ts";
import { measurePeer } from "./peer.ts";
import { runReportSuite } from "./report-suite.ts";
import { endWeirProcesses } from "./weir-process.ts";

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
    process.stdout.write(usage);
    return 0;
  }
  if (reading.kind === "problem") {
    console.error(`bench: ${reading.problem}\nsee: npm run bench -- --help`);
    return 2;
  }
  const { json } = reading.options;
  // Better told now than when there is something to keep.
  if (json !== undefined) closeSync(openSync(json, "a"));
  const results = await measure(reading.options);
  print(results);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  return 0;
}

const code = main().catch((error: unknown) => {
  console.error(`bench: ${failureText(error)}`);
  return 1;
});
const first = await Promise.race([code, interruption().ending]);
if (typeof first === "string") {
  console.error(`bench: ended by ${first}`);
  await endWeirProcesses();
}
process.exit(typeof first === "string" ? 1 : first);
