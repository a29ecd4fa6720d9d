import type { Attribute } from "../../../src/radius/attribute.ts";
import type { KnownSession, LineState, Personality, Verdict } from "../../../src/simulator/personality.ts";
import { createSessionIndex } from "../../../src/simulator/session-index.ts";

interface BenchSession extends KnownSession {
  state: LineState;
}

/** One BNG of a vendor with the sessions of two lines, asked directly. */
export interface PersonalityBench {
  ask(kind: "coa" | "disconnect", attributes: Readonly<Record<string, string | number | readonly string[]>>): Verdict;
  /** What line 1 has now. */
  state(): LineState;
  shown(): Record<string, string[]>;
}

const attributesOf = (named: Readonly<Record<string, string | number | readonly string[]>>): Attribute[] =>
  Object.entries(named).flatMap(([name, value]) =>
    typeof value === "object" ? value.map((one) => ({ name, value: one })) : [{ name, value }],
  );

const sessionOf = (n: number, state: LineState): BenchSession => ({
  identity: new Map([
    ["Acct-Session-Id", `S${n}`],
    ["User-Name", "anna"],
    ["Framed-IP-Address", `100.64.0.${n}`],
    ["Calling-Station-Id", `02:00:00:00:00:0${n}`],
  ]),
  state,
});

export function personalityBench(
  personality: Personality,
  granted: Readonly<Record<string, string | number | readonly string[]>> = {},
): PersonalityBench {
  const index = createSessionIndex<BenchSession>();
  const sessions = [1, 2].map((n) => sessionOf(n, personality.login(attributesOf(granted))));
  for (const session of sessions) index.add(session);
  const self = new Map([
    ["NAS-IP-Address", "192.0.2.1"],
    ["NAS-Identifier", "bng1"],
  ]);
  return {
    ask: (kind, named) => {
      const attributes = attributesOf(named);
      const verdict = personality.answer({
        kind,
        attributes,
        self,
        matching: (names) => index.matching(attributes, names),
      });
      const changes = verdict.kind === "silent" ? [] : verdict.changes;
      for (const { session, state } of changes) {
        const own = index.own(session);
        if (own) own.state = state;
      }
      return verdict;
    },
    state: () => sessions[0]!.state,
    shown: () => {
      const shown: Record<string, string[]> = {};
      for (const { name, value } of personality.shown(sessions[0]!.state)) {
        shown[name] ??= [];
        shown[name].push(String(value));
      }
      return shown;
    },
  };
}

/** "ack", "silent", "nak" or "nak 503". */
export const said = (verdict: Verdict): string =>
  verdict.kind === "acknowledged"
    ? "ack"
    : verdict.kind === "silent"
      ? "silent"
      : ["nak", ...(verdict.errorCause === undefined ? [] : [verdict.errorCause])].join(" ");
