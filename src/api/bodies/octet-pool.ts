export interface PoolLimits {
  /** Of all bodies together. */
  readonly octets: number;
  /** Of one key's, so that nobody takes everybody's place. */
  readonly octetsPerKey: number;
  readonly bodiesPerKey: number;
}

/** What one body holds of a pool. */
export interface PoolShare {
  /** False: that is more than there is, and nothing was taken. */
  take(octets: number): boolean;
  /** Gives back all that it took. May be called again. */
  leave(): void;
}

export interface OctetPool {
  /** Undefined: this key has as many bodies as it may. */
  enter(key: string): PoolShare | undefined;
}

interface Used {
  bodies: number;
  octets: number;
}

/** Memory that bodies share: whoever takes of it gives back. */
export function createOctetPool(limits: PoolLimits): OctetPool {
  const byKey = new Map<string, Used>();
  let total = 0;

  return {
    enter: (key) => {
      const used = byKey.get(key) ?? { bodies: 0, octets: 0 };
      if (used.bodies >= limits.bodiesPerKey) return undefined;
      byKey.set(key, used);
      used.bodies += 1;
      let mine = 0;
      let hasLeft = false;
      return {
        take: (octets) => {
          if (total + octets > limits.octets || used.octets + octets > limits.octetsPerKey) return false;
          mine += octets;
          used.octets += octets;
          total += octets;
          return true;
        },
        leave: () => {
          if (hasLeft) return;
          hasLeft = true;
          total -= mine;
          used.octets -= mine;
          used.bodies -= 1;
          if (used.bodies === 0) byKey.delete(key);
        },
      };
    },
  };
}
