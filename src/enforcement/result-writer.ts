import { setTimeout as wait } from "node:timers/promises";
import type { Database } from "../database/database.ts";
import { type BatchWriter, createBatchWriter, isAboutValues } from "./batch-writer.ts";
import { type RunRecord, recordRuns } from "./result-store.ts";

export interface ResultWriterOptions {
  readonly database: Pick<Database, "transaction">;
  readonly maxBatch: number;
  /** Aborted: what cannot be written now is left to whoever resumes it. */
  readonly giveUp: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

const LONGEST_WAIT_MS = 2_000;

/** Records what NASes answered, in batches; tries until it is written, since a database away for a moment must not lose it. */
export function createResultWriter(options: ResultWriterOptions): BatchWriter<RunRecord, void> {
  const { database, maxBatch, giveUp, onError } = options;
  const write = async (records: readonly RunRecord[]): Promise<readonly undefined[]> => {
    for (let delayMs = 20; ; delayMs = Math.min(delayMs * 2, LONGEST_WAIT_MS)) {
      try {
        await recordRuns(database, records);
        return records.map(() => undefined);
      } catch (error) {
        if (giveUp.aborted || isAboutValues(error)) throw error;
        onError(error, "outcomes could not be recorded yet");
        await wait(delayMs, undefined, { ref: false });
      }
    }
  };
  return createBatchWriter<RunRecord, void>({ write, maxBatch });
}
