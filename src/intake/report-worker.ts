import { once } from "node:events";
import { parentPort } from "node:worker_threads";
import { createBatchReader } from "./read-in-batches.ts";
import { MAX_REPORT_BYTES } from "./report-limits.ts";
import { type FromWorker, packObservation, type ToWorker } from "./worker-messages.ts";

/** The thread that reads large reports, one after the other. It hands over no batch before the last one was taken. */
async function serve(port: NonNullable<typeof parentPort>): Promise<never> {
  const say = (message: FromWorker) => port.postMessage(message);
  const read = createBatchReader(MAX_REPORT_BYTES);
  for (;;) {
    const [order]: ToWorker[] = await once(port, "message");
    if (order?.kind !== "read") throw new Error("a reader of reports was asked for something else");
    const { body, ...posted } = order.posted;
    // A Buffer arrives as the array of octets that it is.
    const arrived = { ...posted, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
    const result = await read(arrived, order.rules, async ({ observations, rejected }) => {
      say({ kind: "batch", observations: observations.map(packObservation), rejected });
      await once(port, "message");
    });
    say({ kind: "end", result });
  }
}

if (parentPort) await serve(parentPort);
