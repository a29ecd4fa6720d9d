/** Which claims this node still holds, as far as it can know by itself. */
export interface HeldClaims {
  /** They were given, or renewed; `askedAtMs` is when that was asked for. */
  hold(sessionIds: readonly string[], askedAtMs: number): void;
  isHeld(sessionId: string): boolean;
  forget(sessionId: string): void;
}

export interface HeldClaimsOptions {
  readonly leaseMs: number;
  /** A clock that nobody sets, and that goes on while the process is stopped. */
  readonly uptimeMs: () => number;
}

/**
 * A lease counts from when it was asked for, which is before the database began to count: here it is over first. So a node
 * that was frozen, or cut off from the database, knows that another one may be at its work by now.
 */
export function createHeldClaims({ leaseMs, uptimeMs }: HeldClaimsOptions): HeldClaims {
  const until = new Map<string, number>();
  return {
    hold: (sessionIds, askedAtMs) => {
      for (const id of sessionIds) until.set(id, askedAtMs + leaseMs);
    },
    isHeld: (sessionId) => uptimeMs() < (until.get(sessionId) ?? 0),
    forget: (sessionId) => void until.delete(sessionId),
  };
}
