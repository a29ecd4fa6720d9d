import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readConfig } from "../config/read-config.ts";
import { loadDictionary } from "../dictionary/load-dictionary.ts";
import type { CommandIo } from "./command-io.ts";
import { createApiClient } from "./demo-steps/api-client.ts";
import { createBngLog } from "./demo-steps/bng-log.ts";
import type { Demo } from "./demo-steps/demo-context.ts";
import { DemoFailure } from "./demo-steps/demo-failure.ts";
import { type DemoServer, startDemoServer } from "./demo-steps/demo-server.ts";
import { explainChapter, nobodyElseChapter } from "./demo-steps/explain-chapter.ts";
import { liftingChapter } from "./demo-steps/lifting-chapter.ts";
import { nowAndThen } from "./demo-steps/now-and-then.ts";
import { otherReportsChapter } from "./demo-steps/other-reports-chapter.ts";
import { passwordChapter } from "./demo-steps/password-chapter.ts";
import { bootBng, everybodyOnline, helpdeskKey } from "./demo-steps/set-up.ts";
import { sinkholeChapter } from "./demo-steps/sinkhole-chapter.ts";
import { createStory, type Story } from "./demo-steps/story.ts";
import { suspendChapter } from "./demo-steps/suspend-chapter.ts";
import { failureText } from "./failure-text.ts";
import { type Interruption, interruption } from "./interruption.ts";
import { readArguments } from "./read-arguments.ts";

const usage = `usage: weir demo [--once]

Starts a PostgreSQL, the whole server and a simulated BNG with 200 subscribers
on loopback, takes in reports in their real formats, and shows what follows:
report, customer, case, Change-of-Authorization, acknowledgement, accounting. It
goes on until Ctrl-C. Nothing of another installation is touched: its data is in
a fresh folder, under WEIR_DATA_DIR where that is set, and is removed at the
end; ports that are taken are replaced by free ones.
  --once   ends after one round

exit code: 0 every step was verified; 1 a step failed; 2 wrong usage or
configuration
`;

const STOP_LIMIT_MS = 9_000;
/** Customers that something happens to. */
const lines = { sinkhole: 7, xarf: 42, ids: 101, suspended: 58, password: 133 };

type Closers = (() => Promise<void>)[];

async function startServerStep({ story, dataDir, closers, stopped }: Show): Promise<DemoServer> {
  story.chapter("Starting");
  story.tell("PostgreSQL (embedded) and Weir are starting");
  const server = await startDemoServer(dataDir, stopped);
  closers.push(server.stop);
  story.tell(`up: API ${server.url}, RADIUS auth ${server.authPort}/udp, accounting ${server.acctPort}/udp`);
  story.detail(
    `documentation  ${server.url}/docs`,
    `admin key      ${server.adminKey}`,
    `server's log   ${server.logFile}`,
  );
  return server;
}

async function setUp({ story, closers, stopped }: Show, server: DemoServer): Promise<Demo> {
  const dictionary = await loadDictionary();
  const admin = createApiClient(server.url, server.adminKey);
  const bngLog = createBngLog();
  const parts = { story, server, admin };
  const bng = await bootBng(parts, { dictionary, log: bngLog });
  closers.push(bng.stop);
  stopped.throwIfAborted();
  await everybodyOnline(parts, bng);
  const helpdesk = createApiClient(server.url, await helpdeskKey(admin));
  return { story, dictionary, admin, helpdesk, bng, bngLog };
}

/**
 * Each chapter goes to its end; who asked to stop is spared the next one. The last ones are about the same customers: an
 * ACK, the Interim that shows the garden, that nobody else is in it, and its lifting.
 */
async function tellAll(demo: Demo, stopped: AbortSignal): Promise<void> {
  const next = async <Result>(chapter: () => Promise<Result>): Promise<Result> => {
    stopped.throwIfAborted();
    return await chapter();
  };
  const caseId = await next(() => sinkholeChapter(demo, lines.sinkhole));
  await next(() => explainChapter(demo, caseId));
  await next(() => suspendChapter(demo, lines.suspended));
  await next(() => passwordChapter(demo, lines.password));
  const gardened = await next(() => otherReportsChapter(demo, lines));
  await next(() => nobodyElseChapter(demo, [lines.xarf, lines.ids]));
  await next(() => liftingChapter(demo, gardened));
}

interface Show {
  readonly story: Story;
  readonly io: CommandIo;
  readonly dataDir: string;
  readonly isOnce: boolean;
  readonly closers: Closers;
  readonly stopped: AbortSignal;
}

async function show(wanted: Show): Promise<number> {
  const { story, io, isOnce, stopped } = wanted;
  let server: DemoServer | undefined;
  try {
    server = await startServerStep(wanted);
    stopped.throwIfAborted();
    const demo = await setUp(wanted, server);
    await tellAll(demo, stopped);
    stopped.throwIfAborted();
    io.stdout.write(`\n${story.verifiedCount()} facts verified in ${story.elapsedText()}\n`);
    if (isOnce) return 0;
    const goingOn = "The BNG goes on, and so do reports, now and then. Ctrl-C ends it.";
    io.stdout.write(`\n${goingOn}\n  documentation  ${server.url}/docs\n  admin key      ${server.adminKey}\n\n`);
    return await nowAndThen(demo, Object.values(lines), stopped);
  } catch (error) {
    if (stopped.aborted) return isOnce ? 1 : 0;
    const what = error instanceof DemoFailure ? "this step failed" : "it failed";
    io.stderr.write(`\nweir demo: ${what}: ${failureText(error)}\n`);
    if (server) io.stderr.write(`the end of the server's log:\n${await server.logTail()}\n`);
    return 1;
  }
}

/** The last opened first; what does not end in time is left to the end of the process. */
async function closeAll(closers: Closers): Promise<void> {
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one().catch(() => undefined);
  };
  const limit = new AbortController();
  const late = setTimeout(STOP_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined);
  await Promise.race([close(), late]);
  limit.abort();
}

async function showUntil(interrupted: Interruption, parts: Omit<Show, "closers" | "stopped">): Promise<number> {
  const closers: Closers = [];
  const stopping = new AbortController();
  const showing = show({ ...parts, closers, stopped: stopping.signal });
  const first = await Promise.race([showing, interrupted.ending]);
  if (typeof first === "string") {
    parts.io.stderr.write("\nending\n");
    stopping.abort();
  }
  // A start that is under way is called off, and closes what it has opened.
  const code = await Promise.race([showing, setTimeout(STOP_LIMIT_MS, 1, { ref: false })]);
  await closeAll(closers);
  return code;
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const options = { once: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  const read = readArguments(io, { command: "demo", usage, count: [0, 0] }, () =>
    parseArgs({ args: [...args], options, allowPositionals: true }),
  );
  if (read.kind === "done") return read.code;
  const parsed = readConfig();
  if (!parsed.ok) {
    io.stderr.write(parsed.problems.map((problem) => `weir: ${problem}\n`).join(""));
    return 2;
  }
  const interrupted = interruption(io.stdout);
  const isOnce = read.given.values.once === true;
  try {
    const story = createStory(io.stdout);
    return await showUntil(interrupted, { story, io, dataDir: parsed.config.dataDir, isOnce });
  } finally {
    interrupted.forget();
  }
}
