import { execFile, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LoadFigures, LoadOrder } from "../src/simulator/load/load-order.ts";

/** Puts a server under load, from a process of its own. */
export interface Generator {
  readonly name: string;
  run(order: LoadOrder): Promise<LoadFigures>;
}

const loadProcess = fileURLToPath(new URL("../src/simulator/load/load-process.ts", import.meta.url));
const execute = promisify(execFile);

type LoadMessage = { readonly figures: LoadFigures } | { readonly problem: string };

/** The simulated BNG's own. */
export const ownGenerator: Generator = {
  name: "weir",
  run: (order) =>
    new Promise((resolve, reject) => {
      const child = fork(loadProcess, { stdio: "inherit" });
      child.once("message", (message: LoadMessage) => {
        if ("figures" in message) resolve(message.figures);
        else reject(new Error(message.problem));
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the load generator ended with ${code} and said nothing`)));
      child.send(order);
    }),
};

/** Reads radload's line of name=value figures. */
export function readRadloadFigures(line: string): LoadFigures {
  const values = new Map([...line.matchAll(/(\w+)=([\d.]+)/g)].map(([, name, value]) => [name, Number(value)]));
  const figure = (name: string) => values.get(name) ?? Number.NaN;
  return {
    sent: figure("sent"),
    answered: figure("answered"),
    accepted: figure("accepted"),
    rejected: figure("rejected"),
    retransmits: figure("retransmits"),
    lost: figure("lost"),
    bad: figure("bad"),
    seconds: figure("seconds"),
    perSecond: figure("per_second"),
    p50Ms: figure("p50_ms"),
    p95Ms: figure("p95_ms"),
    p99Ms: figure("p99_ms"),
    maxMs: figure("max_ms"),
  };
}

/** A compiled radload.c, which shares no code with us. */
export const radloadGenerator = (program: string): Generator => ({
  name: "radload",
  run: async ({ kind, host, port, secret, sessions, packets, inFlight }) => {
    const mode = kind === "accounting" ? "acct" : "auth";
    const { stdout } = await execute(program, [mode, host, ...[port, secret, sessions, packets, inFlight].map(String)]);
    return readRadloadFigures(stdout);
  },
});
