import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { SinkMessage, SinkOrder } from "../src/simulator/load/sink-process.ts";

type Counts = Extract<SinkMessage, { kind: "counts" }>;

/** A BNG's CoA port that acknowledges everything, in a process of its own. */
export interface Sink {
  readonly port: number;
  counts(): Promise<Counts>;
  reset(): Promise<void>;
  /** When the session's first request came to the socket, in ns of the machine's monotonic clock. */
  arrival(acctSessionId: string, withinMs: number): Promise<bigint>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL("../src/simulator/load/sink-process.ts", import.meta.url));
const ANSWER_LIMIT_MS = 10_000;

export async function startSink(secret: string, tellsArrivals: boolean): Promise<Sink> {
  const child = fork(program, { stdio: "inherit" });
  const arrivals = new Map<string, PromiseWithResolvers<bigint>>();
  const arrivalOf = (session: string) => {
    const known = arrivals.get(session) ?? Promise.withResolvers<bigint>();
    arrivals.set(session, known);
    return known;
  };
  child.on("message", (message: SinkMessage) => {
    if (message.kind === "arrived") arrivalOf(message.acctSessionId).resolve(BigInt(message.at));
  });
  const ask = async <Kind extends SinkOrder["kind"]>(order: SinkOrder & { kind: Kind }) => {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    child.send(order);
    for (;;) {
      const [message] = (await once(child, "message", { signal })) as [SinkMessage];
      if (message.kind === order.kind) return message as Extract<SinkMessage, { kind: Kind }>;
    }
  };
  const stop = async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  };
  try {
    const { port } = await ask({ kind: "open", host: "127.0.0.1", secret, tellsArrivals });
    return {
      port,
      counts: () => ask({ kind: "counts" }),
      reset: async () => {
        await ask({ kind: "reset" });
      },
      arrival: async (session, withinMs) => {
        const late = AbortSignal.timeout(withinMs);
        const [at] = await Promise.race([
          arrivalOf(session).promise.then((arrivedAt) => [arrivedAt]),
          once(late, "abort").then((): [bigint] => {
            throw new Error(`no CoA-Request for ${session} within ${withinMs} ms`);
          }),
        ]);
        return at ?? 0n;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
