/** Which upstream server gave out a State: only that one can go on with the conversation (RFC 2865 section 5.24). */
export interface StateServers {
  remember(state: Buffer, server: string): void;
  of(state: Buffer): string | undefined;
}

/** At most `limit` conversations; the oldest is forgotten first, and then goes to the preferred server. */
export function createStateServers(limit: number): StateServers {
  const serverOf = new Map<string, string>();
  return {
    remember: (state, server) => {
      const key = state.toString("latin1");
      serverOf.delete(key);
      serverOf.set(key, server);
      const [oldest] = serverOf.keys();
      if (serverOf.size > limit && oldest !== undefined) serverOf.delete(oldest);
    },
    of: (state) => serverOf.get(state.toString("latin1")),
  };
}
