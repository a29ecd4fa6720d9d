import type { Attribute } from "../radius/attribute.ts";
import type { BngOptions } from "./bng-options.ts";
import { lineAttributes, sessionAttributes } from "./line-attributes.ts";
import { type LineSession, openLineSession } from "./line-session.ts";
import { textsOf } from "./noted-attributes.ts";
import { ipv4Of, sessionIdOf } from "./subscriber-names.ts";

export interface Granted {
  readonly line: number;
  /** Which of the line's sessions it is, from 1. */
  readonly login: number;
  /** The Access-Accept's. */
  readonly attributes: readonly Attribute[];
}

/** What a session is known by: all that its packets say of it. */
const identityOf = (attributes: readonly Attribute[]): ReadonlyMap<string, string> =>
  new Map(attributes.map(({ name, value }) => [name, String(value)]));

/** The session that an Access-Accept opens, with its address, its profile and its interval for Interims. */
export function grantedSession({ line, login, attributes }: Granted, options: BngOptions): LineSession {
  const last = (name: string): string | undefined => textsOf(attributes, name).at(-1);
  const ipv4 = last("Framed-IP-Address") ?? ipv4Of(line);
  const id = sessionIdOf(line, login);
  return openLineSession(
    {
      line,
      id,
      state: options.personality.login(attributes),
      classes: attributes.filter(({ name }) => name === "Class"),
      identity: identityOf([...lineAttributes(line, options.nas), ...sessionAttributes(line, { id, ipv4 })]),
      interimSeconds: Number(last("Acct-Interim-Interval") ?? options.interimSeconds),
    },
    options.clock,
  );
}
