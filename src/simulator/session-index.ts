import type { Attribute } from "../radius/attribute.ts";
import type { KnownSession } from "./personality.ts";

const indexed = ["Acct-Session-Id", "User-Name", "Framed-IP-Address"] as const;

/** The open sessions of a BNG, found by what a request says of them. */
export interface SessionIndex<Session extends KnownSession> {
  add(session: Session): void;
  remove(session: Session): void;
  /** Those that fit every one of `names` that stands in the request. */
  matching(attributes: readonly Attribute[], names: readonly string[]): Session[];
  /** The open session that a verdict speaks of. */
  own(session: KnownSession): Session | undefined;
  all(): Session[];
}

export function createSessionIndex<Session extends KnownSession>(): SessionIndex<Session> {
  const sessions = new Set<Session>();
  const byKey = new Map<string, Set<Session>>();
  const keysOf = ({ identity }: Session): string[] =>
    indexed.flatMap((name) => {
      const value = identity.get(name);
      return value === undefined ? [] : [`${name}=${value}`];
    });
  const candidates = (asked: ReadonlyMap<string, string>): Iterable<Session> => {
    const name = indexed.find((one) => asked.has(one));
    return name === undefined ? sessions : (byKey.get(`${name}=${asked.get(name)}`) ?? []);
  };
  return {
    add: (session) => {
      sessions.add(session);
      for (const key of keysOf(session)) byKey.set(key, (byKey.get(key) ?? new Set()).add(session));
    },
    remove: (session) => {
      sessions.delete(session);
      for (const key of keysOf(session)) {
        const found = byKey.get(key);
        found?.delete(session);
        if (found?.size === 0) byKey.delete(key);
      }
    },
    matching: (attributes, names) => {
      const asked = new Map(
        attributes.filter(({ name }) => names.includes(name)).map(({ name, value }) => [name, String(value)]),
      );
      if (asked.size === 0) return [];
      const fits = ({ identity }: Session) => [...asked].every(([name, value]) => identity.get(name) === value);
      return [...candidates(asked)].filter(fits);
    },
    own: (session) => {
      const id = `Acct-Session-Id=${session.identity.get("Acct-Session-Id")}`;
      return [...(byKey.get(id) ?? [])].find((one) => one === session);
    },
    all: () => [...sessions],
  };
}
