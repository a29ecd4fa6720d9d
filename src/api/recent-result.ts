export interface SharingRules {
  /** So many are made for whoever asks at once, if none was made for long. */
  readonly burst: number;
  /** From then on one is made every so often, and told to all who ask meanwhile. */
  readonly everyMs: number;
  readonly now: () => number;
}

/**
 * What costs much to make, for any number of askers: one at a time is made, and only so often. Who asks now and then gets
 * what is true now; who asks without end gets what was true a moment ago. A failure is told to whoever waited, and not kept.
 */
export function recentResult<Result>(
  make: () => Promise<Result>,
  { burst, everyMs, now }: SharingRules,
): () => Promise<Result> {
  let left = burst;
  let countedAt = now();
  let latest: Promise<Result> | undefined;
  let isMaking = false;

  const begin = (): Promise<Result> => {
    left -= 1;
    isMaking = true;
    const made = make();
    latest = made;
    const done = () => {
      isMaking = false;
    };
    made.then(done, () => {
      done();
      if (latest === made) latest = undefined;
    });
    return made;
  };

  return () => {
    if (latest && isMaking) return latest;
    const at = now();
    left = Math.min(burst, left + (at - countedAt) / everyMs);
    countedAt = at;
    return latest && left < 1 ? latest : begin();
  };
}
