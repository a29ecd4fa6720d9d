import { Worker } from "node:worker_threads";
import type { Observation, Refusal, Rejection, ReportReading } from "./observation.ts";
import type { PostedReport, ReadingRules } from "./posted-report.ts";
import { type FromWorker, type PackedObservation, type ToWorker, unpackObservation } from "./worker-messages.ts";

export interface WorkerLimits {
  /** For one report. */
  readonly readingMs: number;
  /** For the thread's objects and texts. */
  readonly heapMb: number;
}

export interface ReportWorker {
  /** One report at a time. Rejects if the thread ends by a fault of ours. */
  read(posted: PostedReport, rules: ReadingRules): Promise<{ readonly reading: ReportReading; readonly bytes: number }>;
  /** False: it has ended and reads no more. */
  readonly isAlive: () => boolean;
  end(): Promise<void>;
}

/** From sources the thread's file is TypeScript, as this one; built it is JavaScript. */
const program = import.meta.url.endsWith(".ts")
  ? new URL("./report-worker.ts", import.meta.url)
  : new URL("./report-worker.js", import.meta.url);

/** An observation without its texts, and a rejection. */
const ROW_BYTES = 500;

const tooCostly = (detail: string): Refusal => ({ ok: false, code: "report-too-costly", detail });

/** What can be given away with the message rather than copied: a body that has its memory to itself. */
const ownMemory = ({ buffer, byteLength }: Buffer): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];

/** Puts together what the thread hands over. */
function createGathering() {
  const observations: Observation[] = [];
  const rejected: Rejection[] = [];
  let bytes = 0;
  const size = ({ evidence, description }: PackedObservation) =>
    ROW_BYTES + evidence.length + (description?.length ?? 0);
  return {
    take: (batch: Extract<FromWorker, { kind: "batch" }>) => {
      observations.push(...batch.observations.map(unpackObservation));
      rejected.push(...batch.rejected);
      bytes = batch.observations.reduce((sum, one) => sum + size(one), bytes + batch.rejected.length * ROW_BYTES);
    },
    end: ({ result }: Extract<FromWorker, { kind: "end" }>) => ({
      reading: result.ok ? { ...result, observations, rejected } : result,
      bytes: result.ok ? bytes : 0,
    }),
  };
}

const isOutOfMemory = (error: Error): boolean => "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";

/** A thread of its own: however long a report takes, the event loop that answers RADIUS is free meanwhile. */
export function startReportWorker({ readingMs, heapMb }: WorkerLimits): ReportWorker {
  const worker = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: heapMb } });
  let isAlive = true;
  worker.on("exit", () => {
    isAlive = false;
  });
  // Whoever waits for a report hears of it; without anybody there is nothing to say.
  worker.on("error", () => {
    isAlive = false;
  });
  worker.unref();
  const say = (message: ToWorker, given: ArrayBuffer[] = []) => worker.postMessage(message, given);

  const read: ReportWorker["read"] = async (posted, rules) => {
    const gathering = createGathering();
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<ReportWorker["read"]>>>();
    const giveUp = (detail: string) => {
      isAlive = false;
      resolve({ reading: tooCostly(detail), bytes: 0 });
    };
    const heard = (message: FromWorker) => {
      if (message.kind === "end") return resolve(gathering.end(message));
      gathering.take(message);
      say({ kind: "next" });
    };
    const failed = (error: Error) =>
      isOutOfMemory(error) ? giveUp("reading it takes too much memory") : reject(error);
    const ended = (code: number) => reject(new Error(`the thread that read a report ended with code ${code}`));
    const timer = setTimeout(() => giveUp(`reading it takes more than ${readingMs / 1000} seconds`), readingMs);
    worker.on("message", heard).on("error", failed).on("exit", ended);
    worker.ref();
    try {
      const { contentType, contentEncoding, fileName, reportType, body } = posted;
      const order = { contentType, contentEncoding, fileName, reportType, body };
      say({ kind: "read", posted: order, rules }, ownMemory(body));
      return await promise;
    } finally {
      clearTimeout(timer);
      worker.off("message", heard).off("error", failed).off("exit", ended);
      worker.unref();
      if (!isAlive) await worker.terminate();
    }
  };
  return { read, isAlive: () => isAlive, end: async () => void (await worker.terminate()) };
}
