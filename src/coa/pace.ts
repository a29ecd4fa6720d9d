import { createRateLimit, type RateLimit } from "./rate-limit.ts";

/**
 * When datagrams leave for one NAS: in any second no more than its rate, retransmissions counted, since the NAS has to
 * look at each of them. Of that rate retransmissions get half at most, so that what is not answered never keeps other
 * requests from being made.
 */
export interface Pace {
  /** undefined: as fast as the NAS answers. */
  adjust(perSecond: number | undefined): void;
  /** How many more first transmissions would find room at once. */
  available(): number;
  /** Keeps room for a first transmission, which is being made ready. */
  reserve(): void;
  /** What was reserved is not needed. */
  release(): void;
  /** The first transmission that room was reserved for; each in its turn. */
  first(depart: () => void): void;
  /** A retransmission, as soon as there is room for it; returns how to call it off. */
  again(depart: () => void): () => void;
  /** Tells, once, when there is room again; only while none is available. */
  tellOfRoom(): void;
  /** What was reserved leaves now; nothing is sent again. */
  stop(): void;
}

export interface PaceOptions {
  /** A clock that nobody sets. */
  readonly uptimeMs: () => number;
  readonly perSecond: number | undefined;
  readonly onRoom: () => void;
}

interface Rates {
  readonly all: RateLimit;
  readonly repeated: RateLimit;
}

const ratesOf = (perSecond: number | undefined): Rates | undefined =>
  perSecond === undefined ? undefined : { all: createRateLimit(perSecond), repeated: createRateLimit(perSecond / 2) };

export function createPace({ uptimeMs, perSecond: given, onRoom }: PaceOptions): Pace {
  let perSecond = given;
  let rates = ratesOf(given);
  let reserved = 0;
  let isRoomWanted = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const departing = new Set<() => void>();
  const repeating = new Set<() => void>();

  const unused = (rate: RateLimit | undefined): number => rate?.available(uptimeMs()) ?? Number.POSITIVE_INFINITY;
  const available = (): number => unused(rates?.all) - reserved;
  const departFirst = () => {
    for (const depart of departing) {
      if (unused(rates?.all) === 0) break;
      rates?.all.take(uptimeMs());
      departing.delete(depart);
      reserved -= 1;
      depart();
    }
  };
  const departAgain = () => {
    for (const depart of repeating) {
      if (available() <= 0 || unused(rates?.repeated) === 0) break;
      rates?.all.take(uptimeMs());
      rates?.repeated.take(uptimeMs());
      repeating.delete(depart);
      depart();
    }
  };
  /** 0: nothing that time alone would bring. */
  const waitMs = ({ all, repeated }: Rates): number => {
    if (departing.size > 0 || isRoomWanted) return all.waitMs(uptimeMs());
    return repeating.size > 0 ? Math.max(all.waitMs(uptimeMs()), repeated.waitMs(uptimeMs())) : 0;
  };
  const goOn = () => {
    clearTimeout(timer);
    departFirst();
    departAgain();
    if (isRoomWanted && available() > 0) {
      isRoomWanted = false;
      onRoom();
    }
    const ms = rates && !isStopped ? waitMs(rates) : 0;
    clearTimeout(timer);
    if (ms > 0) timer = setTimeout(goOn, ms);
  };
  return {
    adjust: (changed) => {
      if (changed === perSecond) return;
      perSecond = changed;
      rates = ratesOf(changed);
      goOn();
    },
    available,
    reserve: () => {
      reserved += 1;
    },
    release: () => {
      reserved -= 1;
      goOn();
    },
    first: (depart) => {
      if (isStopped) return depart();
      departing.add(depart);
      return goOn();
    },
    again: (depart) => {
      repeating.add(depart);
      goOn();
      return () => void repeating.delete(depart);
    },
    tellOfRoom: () => {
      isRoomWanted = true;
      goOn();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      repeating.clear();
      for (const depart of departing) depart();
      departing.clear();
    },
  };
}
