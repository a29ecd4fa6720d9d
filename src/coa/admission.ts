import { createPace } from "./pace.ts";

export interface AdmissionLimits {
  readonly maxInFlight: number;
  /** Datagrams; undefined: as fast as the NAS answers. */
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
  /** Calls `depart` once the rate has room for a retransmission; returns how to call it off. */
  paceAgain(depart: () => void): () => void;
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

/** `uptimeMs`: a clock that nobody sets. */
export function createAdmission(uptimeMs: () => number, first: AdmissionLimits): Admission {
  let { maxInFlight } = first;
  let inside = 0;
  let isStopped = false;
  const waiting = new Set<Waiting>();
  const pace = createPace({ uptimeMs, perSecond: first.ratePerSecond, onRoom: () => admitWaiting() });

  const places = (): number => Math.min(maxInFlight - inside, pace.available());
  const enterNow = () => {
    inside += 1;
    pace.reserve();
  };
  const leaveLine = (one: Waiting) => {
    clearTimeout(one.timer);
    waiting.delete(one);
  };
  const admitWaiting = () => {
    for (const one of waiting) {
      if (places() <= 0) break;
      leaveLine(one);
      enterNow();
      one.admit();
    }
    if (waiting.size > 0 && pace.available() <= 0) pace.tellOfRoom();
  };
  return {
    adjust: (changed) => {
      maxInFlight = changed.maxInFlight;
      pace.adjust(changed.ratePerSecond);
      if (waiting.size > 0) admitWaiting();
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
        return admitWaiting();
      }),
    pace: () => new Promise((resolve) => pace.first(resolve)),
    paceAgain: pace.again,
    leave: (left) => {
      inside -= 1;
      if (left.unsent) pace.release();
      admitWaiting();
    },
    isIdle: () => inside === 0 && waiting.size === 0,
    stop: () => {
      isStopped = true;
      for (const one of waiting) {
        leaveLine(one);
        one.refuse(new Error("stopping"));
      }
      pace.stop();
    },
  };
}
