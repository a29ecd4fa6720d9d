import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Database } from "../database/database.ts";
import type { NasDirectory } from "../nas/nas-directory.ts";
import { isAddressTaken } from "./address-taken-store.ts";
import { createBatchWriter } from "./batch-writer.ts";
import { carryOut } from "./carry-out.ts";
import { createClaimPump } from "./claim-pump.ts";
import { createHeldClaims } from "./held-claims.ts";
import { journalRequests } from "./journal-store.ts";
import { claimantOf, extendLeases, giveBack, isUnderWay, releaseClaims, releaseEarlierClaims } from "./lease-store.ts";
import type { NasGateway } from "./nas-gateway.ts";
import { outboxChannel } from "./outbox-store.ts";
import { createResultWriter } from "./result-writer.ts";
import { isUnfinished, resumeRun } from "./resume-run.ts";
import { type RetrySchedules, retrySchedules } from "./retry-schedule.ts";
import type { RunContext } from "./run-context.ts";
import { createRunReport } from "./run-report.ts";
import { createSettledWaiters } from "./settled-waiters.ts";

export interface DispatcherDependencies {
  readonly database: Database;
  readonly gateway: NasGateway;
  readonly nasDirectory: Pick<NasDirectory, "byId" | "all">;
  readonly now: () => Date;
  /** A clock that nobody sets: by it this node knows that its claims have run out. */
  readonly uptimeMs?: () => number;
  /** 0 to 1, for the spread of retries. */
  readonly random: () => number;
  readonly log: Logger;
  /** The same after a restart, and no other running node's: what the process before left is taken up at once by it. */
  readonly nodeId: string;
  readonly metrics?: Registry;
  readonly timing?: DispatcherTiming;
}

export interface DispatcherTiming {
  /** How long a node that says nothing keeps its claims. */
  readonly leaseMs?: number;
  readonly pollMs?: number;
  /** How long stop() waits for what is under way. */
  readonly stopMs?: number;
  readonly retries?: RetrySchedules;
}

export interface Dispatcher {
  /** Something was committed to the outbox. */
  wake(): void;
  /** Resolves when nothing is under way or due for the subscriber any more (what waits for a retry is not), or after `waitMs`. */
  settled(subscriberId: string, waitMs: number): Promise<void>;
  /** Claims no more, lets what is under way end within a bound, and gives the rest back. The database stays open. */
  stop(): Promise<void>;
}

const BATCH = 500;
const defaults = { leaseMs: 15_000, pollMs: 1_000, stopMs: 5_000, retries: retrySchedules };

/**
 * Makes profiles true: claims sessions that do not follow theirs, and brings them to it through the gateway. Any number
 * of nodes may run one on the same database. Starts by itself, and goes on when a lost database comes back.
 */
export function createDispatcher(dependencies: DispatcherDependencies): Dispatcher {
  const { database, gateway, nasDirectory, now, random, log, nodeId, metrics } = dependencies;
  const uptimeMs = dependencies.uptimeMs ?? (() => performance.now());
  const { leaseMs, pollMs, stopMs, retries } = { ...defaults, ...dependencies.timing };
  const claimant = claimantOf(nodeId, randomBytes(6).toString("hex"));
  const onError = (error: unknown, what: string) => log.warn({ err: error }, what);
  const report = createRunReport({ log, now, ...(metrics && { metrics }) });
  const waiters = createSettledWaiters((subscriberId) => isUnderWay(database, subscriberId));
  const giveUp = new AbortController();
  const claims = createHeldClaims({ leaseMs, uptimeMs });
  const context: RunContext = {
    claimant,
    gateway,
    nasById: nasDirectory.byId,
    now,
    random,
    schedules: retries,
    journal: createBatchWriter({ write: (entries) => journalRequests(database, entries), maxBatch: BATCH }),
    results: createResultWriter({ database, maxBatch: BATCH, giveUp: giveUp.signal, onError }),
    isPrepared: (job) => pump.isPrepared(job),
    isAddressTaken: (named) => isAddressTaken(database, named),
    isHeld: ({ sessionId }) => claims.isHeld(sessionId),
    hasFinished: (ending) => {
      report(ending);
      waiters.hasFinished(ending.job.subscriberId);
    },
  };
  const pump = createClaimPump({
    database,
    claim: { claimant, leaseMs, batch: BATCH },
    claims,
    uptimeMs,
    room: () => new Map(nasDirectory.all().map((nas) => [nas.id, gateway.capacity(nas)])),
    run: (job) => (isUnfinished(job) ? resumeRun(job, context) : carryOut(job, context)),
    giveBack: (job, delayMs) => giveBack(database, { claimant, sessionId: job.sessionId, delayMs }),
    onError,
  });
  const extend = async (): Promise<void> => {
    const sessionIds = pump.underWay();
    if (sessionIds.length === 0) return;
    const askedAtMs = uptimeMs();
    try {
      claims.hold(await extendLeases(database, { claimant, leaseMs, sessionIds }), askedAtMs);
    } catch (error) {
      onError(error, "leases not renewed");
    }
  };
  const timers = [setInterval(pump.wake, pollMs), setInterval(extend, leaseMs / 3)];
  const started = start({ database, nodeId, claimant, wake: pump.wake, onError });
  return {
    wake: pump.wake,
    settled: waiters.settled,
    stop: async () => {
      for (const timer of timers.slice(0, 1)) clearInterval(timer);
      const stopListening = await started;
      await stopListening();
      await pump.stop(stopMs);
      giveUp.abort();
      for (const timer of timers) clearInterval(timer);
      await releaseClaims(database, claimant).catch((error) => onError(error, "claims run out by themselves"));
    },
  };
}

interface Starting {
  readonly database: Database;
  readonly nodeId: string;
  readonly claimant: string;
  readonly wake: () => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** Takes up what the process before this one left, then listens; without either, polling and leases do the same, later. */
async function start({ database, nodeId, claimant, wake, onError }: Starting): Promise<() => Promise<void>> {
  const nothingToStop = async () => undefined;
  try {
    await releaseEarlierClaims(database, nodeId, claimant);
    wake();
    return await database.listen(outboxChannel, wake);
  } catch (error) {
    onError(error, "not listening for enforcement jobs: they are looked for every second");
    return nothingToStop;
  }
}
