import type { Attribute } from "../radius/attribute.ts";
import { counterAttributes, type Traffic } from "./accounting-request.ts";
import type { Clock } from "./clock.ts";
import type { InForce } from "./in-force.ts";
import type { KnownSession, LineState } from "./personality.ts";

/** A session that is open: who it is, what it has, and what it has used. */
export interface LineSession extends KnownSession {
  readonly line: number;
  readonly id: string;
  readonly startedAt: Date;
  readonly state: LineState;
  /** Its Access-Accept's, to be sent back in accounting (RFC 2865 section 5.25). */
  readonly classes: readonly Attribute[];
  /** From the Access-Accept, or as asked for. */
  readonly interimSeconds: number;
  become(state: LineState): void;
  /** Counters up to now. */
  counted(): readonly Attribute[];
}

const LINE_KBPS = 100_000;
/** Of what it may: what a household uses on average. */
const USED_DOWN = 0.02;
const USED_UP = 0.002;
const GARDEN_KBPS = 64;
const OCTETS_A_KILOBIT = 125;

function usedIn(seconds: number, { rates, garden }: InForce): Traffic {
  const most = garden === undefined ? LINE_KBPS : GARDEN_KBPS;
  const down = Math.min(rates?.downKbps ?? most, most * USED_DOWN);
  const up = Math.min(rates?.upKbps ?? most, most * USED_UP);
  return { down: Math.round(down * OCTETS_A_KILOBIT * seconds), up: Math.round(up * OCTETS_A_KILOBIT * seconds) };
}

type Facts = Pick<LineSession, "line" | "id" | "state" | "classes" | "identity" | "interimSeconds">;

export function openLineSession(facts: Facts, clock: Clock): LineSession {
  const startedAt = clock.now();
  let { state } = facts;
  let traffic: Traffic = { down: 0, up: 0 };
  let countedAt = startedAt;
  const count = (): void => {
    const now = clock.now();
    const used = usedIn((now.getTime() - countedAt.getTime()) / 1000, state.inForce);
    traffic = { down: traffic.down + used.down, up: traffic.up + used.up };
    countedAt = now;
  };
  return {
    ...facts,
    startedAt,
    get state() {
      return state;
    },
    become: (next) => {
      count();
      state = next;
    },
    counted: () => {
      count();
      return counterAttributes(Math.floor((countedAt.getTime() - startedAt.getTime()) / 1000), traffic);
    },
  };
}
