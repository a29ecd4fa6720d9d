import type { Queryable } from "../database/database.ts";
import { type ClaimedJob, type ClaimRequest, claimJobs } from "./claim-store.ts";
import type { HeldClaims } from "./held-claims.ts";

export interface ClaimPump {
  /** Looks for due jobs, again if it is looking already. */
  wake(): void;
  /** The job's request is prepared: the NAS's own capacity counts it from here on. */
  isPrepared(job: ClaimedJob): void;
  underWay(): readonly string[];
  /** Claims no more; resolves when nothing is under way, or after `limitMs`. */
  stop(limitMs: number): Promise<void>;
}

export interface ClaimPumpOptions {
  readonly database: Queryable;
  readonly claim: Omit<ClaimRequest, "room">;
  readonly claims: HeldClaims;
  /** The clock of `claims`. */
  readonly uptimeMs: () => number;
  /** How many more requests each NAS takes now. */
  readonly room: () => ReadonlyMap<string, number>;
  readonly run: (job: ClaimedJob) => Promise<void>;
  /** Lets go of a claim, so that the job is looked at anew after `delayMs`. */
  readonly giveBack: (job: ClaimedJob, delayMs: number) => Promise<void>;
  readonly onError: (error: unknown, what: string) => void;
}

/** While some NAS is full, it may have room again without anything having ended here: its rate, or its identifiers. */
const LOOK_AGAIN_MS = 50;
/** After a run that broke off: most likely the database did, and needs a moment. */
const AFTER_BREAK_MS = 1_000;

/** Claims due jobs as far as their NASes have room, and runs each; never two at once for one session. */
export function createClaimPump(options: ClaimPumpOptions): ClaimPump {
  const { database, claim, claims, uptimeMs, room, run, giveBack, onError } = options;
  const underWay = new Map<string, Promise<void>>();
  /** Claimed while they were still under way here. */
  const claimedAgain = new Set<string>();
  const unprepared = new Map<string, Set<string>>();
  let looking: Promise<void> | undefined;
  let isWoken = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  const isPrepared = ({ nasId, sessionId }: ClaimedJob) => unprepared.get(nasId)?.delete(sessionId);

  const letGo = (job: ClaimedJob, delayMs: number): Promise<void> =>
    giveBack(job, delayMs).catch((error) => onError(error, "a claim is let go when its lease runs out"));
  const runWhole = async (job: ClaimedJob): Promise<void> => {
    try {
      await run(job);
    } catch (error) {
      onError(error, "a session's enforcement was interrupted; it goes on in a moment");
      await letGo(job, AFTER_BREAK_MS);
    }
    isPrepared(job);
    underWay.delete(job.sessionId);
    claims.forget(job.sessionId);
    // What was claimed anew in between is not what has just been done: nobody works on it yet.
    if (claimedAgain.delete(job.sessionId)) await letGo(job, 0);
    wake();
  };
  const start = (job: ClaimedJob): void => {
    // Given back this very moment and due again, or our own lease ran out: there must not be two runs for one session.
    if (underWay.has(job.sessionId)) {
      claimedAgain.add(job.sessionId);
      return;
    }
    unprepared.set(job.nasId, (unprepared.get(job.nasId) ?? new Set()).add(job.sessionId));
    underWay.set(job.sessionId, runWhole(job));
  };

  const roomNow = (): Map<string, number> =>
    new Map([...room()].map(([nasId, slots]) => [nasId, Math.max(0, slots - (unprepared.get(nasId)?.size ?? 0))]));

  const look = async (): Promise<void> => {
    while (isWoken && !isStopped) {
      isWoken = false;
      const slots = roomNow();
      const askedAtMs = uptimeMs();
      const jobs = await claimJobs(database, { ...claim, room: slots });
      const sessionIds = jobs.map(({ sessionId }) => sessionId);
      claims.hold(sessionIds, askedAtMs);
      for (const job of jobs) start(job);
      const taken = Map.groupBy(jobs, ({ nasId }) => nasId);
      const isFull = [...slots].some(([nasId, free]) => free <= (taken.get(nasId)?.length ?? 0));
      if (isFull) lookAgainSoon();
      // As many as were asked for: there may be more.
      if (jobs.length > 0) isWoken = true;
    }
  };
  const lookAgainSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      wake();
    }, LOOK_AGAIN_MS);
  };
  const wake = (): void => {
    isWoken = true;
    if (isStopped || looking) return;
    looking = look()
      .catch((error) => onError(error, "due enforcement jobs could not be claimed yet"))
      .finally(() => {
        looking = undefined;
        // Woken between the last look and now.
        if (isWoken && !isStopped) lookAgainSoon();
      });
  };
  return {
    wake,
    isPrepared,
    underWay: () => [...underWay.keys()],
    stop: async (limitMs) => {
      isStopped = true;
      clearTimeout(timer);
      await looking;
      await within(limitMs, Promise.all(underWay.values()));
    },
  };
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
