import { createRateLimit, type RateLimit } from "./rate-limit.ts";

export interface AdmissionLimits {
  readonly maxInFlight: number;
  /** First transmissions; retransmissions go when they are due. undefined: as fast as the NAS answers. */
  readonly ratePerSecond?: number;
}

/** How many requests are under way to one NAS, and how fast they leave. */
export interface Admission {
  adjust(limits: AdmissionLimits): void;
  /** How many more would be let in at once. */
  available(): number;
  /** Takes a place, when there is one. Rejects when none comes free in time. */
  enter(): Promise<void>;
  /** Waits for the rate; after enter(), and before the first transmission. */
  pace(): Promise<void>;
  /** Gives the place back. `unsent`: it was entered and never paced. */
  leave(options: { readonly unsent: boolean }): void;
  /** Nothing is under way and nothing waits. */
  isIdle(): boolean;
  stop(): void;
}

interface Waiting {
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const WAIT_LIMIT_MS = 10_000;
const MOST_WAITING = 4_096;

export function createAdmission(now: () => Date, first: AdmissionLimits): Admission {
  let limits = first;
  let rate: RateLimit | undefined =
    limits.ratePerSecond === undefined ? undefined : createRateLimit(limits.ratePerSecond);
  let inside = 0;
  /** Entered and not paced yet. */
  let unsent = 0;
  let isStopped = false;
  const waiting = new Set<Waiting>();
  const pacing = new Set<() => void>();
  let again: NodeJS.Timeout | undefined;

  const nowMs = () => now().getTime();
  const places = (): number =>
    Math.min(limits.maxInFlight - inside, rate ? rate.available(nowMs()) - unsent : Number.POSITIVE_INFINITY);
  const enterNow = () => {
    inside += 1;
    unsent += 1;
  };
  const leaveLine = (one: Waiting) => {
    clearTimeout(one.timer);
    waiting.delete(one);
  };
  /** Whoever was let in leaves first, in order; then the next ones come in. */
  const goOn = () => {
    for (const depart of pacing) {
      if (rate && rate.available(nowMs()) === 0) break;
      rate?.take(nowMs());
      pacing.delete(depart);
      unsent -= 1;
      depart();
    }
    for (const one of waiting) {
      if (places() <= 0) break;
      leaveLine(one);
      enterNow();
      one.admit();
    }
    if (rate && pacing.size + waiting.size > 0)
      again ??= setTimeout(() => {
        again = undefined;
        goOn();
      }, rate.waitMs(nowMs()) || 1);
  };
  return {
    adjust: (changed) => {
      if (changed.ratePerSecond !== limits.ratePerSecond)
        rate = changed.ratePerSecond === undefined ? undefined : createRateLimit(changed.ratePerSecond);
      limits = changed;
      if (pacing.size + waiting.size > 0) goOn();
    },
    available: () => (isStopped ? 0 : Math.max(0, places() - waiting.size)),
    enter: () =>
      new Promise((resolve, reject) => {
        if (isStopped || waiting.size >= MOST_WAITING) return reject(new Error("no request is let in now"));
        if (waiting.size === 0 && places() > 0) {
          enterNow();
          return resolve();
        }
        const giveUp = () => {
          waiting.delete(one);
          reject(new Error(`no room for a request within ${WAIT_LIMIT_MS} ms`));
        };
        const one = { admit: resolve, refuse: reject, timer: setTimeout(giveUp, WAIT_LIMIT_MS) };
        waiting.add(one);
        return goOn();
      }),
    pace: () =>
      new Promise((resolve) => {
        pacing.add(resolve);
        goOn();
      }),
    leave: (left) => {
      inside -= 1;
      if (left.unsent) unsent -= 1;
      goOn();
    },
    isIdle: () => inside === 0 && waiting.size === 0,
    stop: () => {
      isStopped = true;
      clearTimeout(again);
      for (const one of waiting) {
        leaveLine(one);
        one.refuse(new Error("stopping"));
      }
      for (const depart of pacing) depart();
      pacing.clear();
    },
  };
}
