import { parseArgs } from "node:util";
import { readConfig } from "../config/read-config.ts";
import { createLog } from "../log.ts";
import { type RunningServer, startServer } from "../server.ts";
import type { CommandIo } from "./command-io.ts";
import { startProblem } from "./start-problem.ts";

export const summary = "runs the server: RADIUS, the REST API, enforcement and jobs";

const usage = `usage: weir serve

Runs until SIGTERM or SIGINT. Configured by the environment, or by the YAML file that WEIR_CONFIG names: see README.md.
Prints one line of JSON with "msg":"ready" and its ports once it is up.
`;

const STOP_LIMIT_MS = 9_000;

/**
 * Resolves with the name of the first signal that asks to stop. Later ones change nothing: under npm, Ctrl-C comes twice,
 * from the terminal and from npm.
 */
const stopRequested = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve(signal));
  });

const limited = async (work: Promise<unknown>, limitMs: number): Promise<"done" | "late"> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), limitMs);
  });
  const outcome = await Promise.race([work.then(() => "done" as const), late]);
  clearTimeout(timer);
  return outcome;
};

function announce(server: RunningServer, { stdout, stderr }: CommandIo): void {
  const { ports, host, newAdminKey, adminKeyFile } = server;
  const address = host.includes(":") ? `[${host}]` : host;
  const lines = [
    `API            http://${address}:${ports.http}`,
    `documentation  http://${address}:${ports.http}/docs`,
    ...(ports.auth ? [`RADIUS auth    ${address}:${ports.auth}/udp`] : []),
    ...(ports.acct ? [`RADIUS acct    ${address}:${ports.acct}/udp`] : []),
    ...(newAdminKey === undefined ? [] : [`admin key      ${newAdminKey}  (also in ${adminKeyFile})`]),
  ];
  stderr.write(`${lines.join("\n")}\n`);
  stdout.write(`${JSON.stringify({ msg: "ready", pid: process.pid, ...ports })}\n`);
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    const { values } = parseArgs({ args: [...args], options: { help: { type: "boolean", short: "h" } } });
    if (values.help) {
      io.stdout.write(usage);
      return 0;
    }
  } catch (error) {
    io.stderr.write(`weir serve: ${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const parsed = readConfig();
  if (!parsed.ok) {
    io.stderr.write(parsed.problems.map((problem) => `weir: ${problem}\n`).join(""));
    return 2;
  }
  const log = createLog(parsed.config.logLevel);
  for (const warning of parsed.config.warnings) log.warn(warning);
  const stopping = stopRequested();
  const starting = startServer({ config: parsed.config, log });
  try {
    const server = await Promise.race([starting, stopping.then(() => undefined)]);
    if (server !== undefined) announce(server, io);
  } catch (error) {
    log.debug({ err: error }, "the start failed");
    io.stderr.write(`weir serve: ${startProblem(error)}\n`);
    return 1;
  }
  log.info({ signal: await stopping }, "stopping");
  // Asked to stop in the middle of the start, it ends that first; a start that fails then has nothing left to stop.
  const stopped = starting.then(
    (server) => server.stop(),
    (error: unknown) => log.warn({ err: error }, "the start failed while it was being stopped"),
  );
  const outcome = await limited(stopped, STOP_LIMIT_MS);
  if (outcome === "late") log.error("what was under way did not end in time; it goes on at the next start");
  return 0;
}
