/** The simulator's time, passed in so that a test can move it. */
export interface Clock {
  now(): Date;
  /** Runs `work` once after a while; returns how to call it off. */
  after(ms: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
