export interface TurnLimits {
  /** So many are read at once. */
  readonly atOnce: number;
  /** So many wait, with so many bytes between them, and none for longer than that. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly waitMs: number;
  /** While what was read and is still in use takes more than that, no other is begun. */
  readonly usedBytes: number;
}

/** The turn of one report: to be read, then used. */
export interface Turn {
  /** It was read into so many bytes: the next one may be. */
  wasRead(bytes: number): void;
  /** It is no longer in use. Must be called, once. */
  end(): void;
}

export interface ReportTurns {
  /** Waits for its turn. Undefined: too many others wait, or it has waited too long. */
  take(bytes: number): Promise<Turn | undefined>;
  /** Whoever waits gets no turn any more. */
  close(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly answer: (turn: Turn | undefined) => void;
}

/** Bounds how many large reports are read at once, wait, and are held in memory. First come, first served. */
export function createReportTurns(limits: TurnLimits): ReportTurns {
  const queue = new Set<Waiting>();
  let reading = 0;
  let used = 0;
  let isClosed = false;

  const begin = (): Turn => {
    let held = 0;
    let isReading = true;
    reading++;
    const stopReading = () => {
      if (isReading) reading--;
      isReading = false;
    };
    const wasRead = (bytes: number) => {
      stopReading();
      held += bytes;
      used += bytes;
      next();
    };
    const end = () => {
      stopReading();
      used -= held;
      held = 0;
      next();
    };
    return { wasRead, end };
  };

  const isFree = () => reading < limits.atOnce && used <= limits.usedBytes;

  const next = () => {
    for (const first of queue) {
      if (!isFree()) return;
      queue.delete(first);
      first.answer(begin());
    }
  };

  const isFull = (bytes: number) => {
    const waitingBytes = [...queue].reduce((sum, waiting) => sum + waiting.bytes, bytes);
    return queue.size >= limits.waiting || waitingBytes > limits.waitingBytes;
  };

  const wait = (bytes: number): Promise<Turn | undefined> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        queue.delete(waiting);
        resolve(undefined);
      }, limits.waitMs);
      const answer = (turn: Turn | undefined) => {
        clearTimeout(timer);
        resolve(turn);
      };
      const waiting = { bytes, answer };
      queue.add(waiting);
    });

  return {
    take: async (bytes) => {
      if (isClosed) return undefined;
      if (queue.size === 0 && isFree()) return begin();
      return isFull(bytes) ? undefined : await wait(bytes);
    },
    close: () => {
      isClosed = true;
      for (const { answer } of queue) answer(undefined);
      queue.clear();
    },
  };
}
