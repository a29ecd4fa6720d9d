import { createOctetPool, type PoolLimits, type PoolShare } from "./octet-pool.ts";

export interface BudgetLimits {
  /** Up to here a body is small: large ones never take its place. */
  readonly smallOctets: number;
  readonly small: PoolLimits;
  readonly large: PoolLimits;
}

/** The place of one body in memory. */
export interface BodyPlace {
  /** So many octets more have come. False: there is no room for them. */
  grow(octets: number): boolean;
  /** It came whole. What is small gives its place to the next one; what is large keeps it until it is out of use. */
  arrived(): void;
  /** It is out of use. May be called again. */
  end(): void;
}

export interface BodyBudget {
  /** `announced`: how long it says it is. Undefined: there is no room for it, or its key has as many as it may. */
  enter(key: string, announced: number | undefined): BodyPlace | undefined;
}

/**
 * Bounds the memory of all bodies that are received or in use. Large ones reserve what they announce, or take room as they
 * come; small ones take room as they come, from a pool of their own.
 */
export function createBodyBudget({ smallOctets, small, large }: BudgetLimits): BodyBudget {
  const smallPool = createOctetPool(small);
  const largePool = createOctetPool(large);

  const enterLarge = (key: string, octets: number): PoolShare | undefined => {
    const share = largePool.enter(key);
    if (share?.take(octets)) return share;
    share?.leave();
    return undefined;
  };

  const placeOf = (key: string, first: PoolShare, announced: number): BodyPlace => {
    let share = first;
    let isLarge = announced > smallOctets;
    let come = 0;
    const moveToLarge = (): boolean => {
      const other = enterLarge(key, come);
      if (!other) return false;
      share.leave();
      share = other;
      isLarge = true;
      return true;
    };
    return {
      grow: (octets) => {
        come += octets;
        if (come <= announced && isLarge) return true;
        if (!isLarge && come > smallOctets) return moveToLarge();
        return share.take(octets);
      },
      arrived: () => {
        if (!isLarge) share.leave();
      },
      end: () => share.leave(),
    };
  };

  return {
    enter: (key, announced = 0) => {
      const share = announced > smallOctets ? enterLarge(key, announced) : smallPool.enter(key);
      return share && placeOf(key, share, announced);
    },
  };
}
