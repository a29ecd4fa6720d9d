import type { Dictionary } from "../dictionary/dictionary.ts";
import type { LoginMethod } from "./access-request.ts";
import type { Tell } from "./bng-event.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Faults, noFaults } from "./faults.ts";
import type { NasIdentity } from "./nas-identity.ts";
import { generic } from "./personalities/generic.ts";
import type { Personality } from "./personality.ts";
import type { Random } from "./seeded-random.ts";
import { passwordOf } from "./subscriber-names.ts";

/** Everything about one simulated BNG. */
export interface BngOptions {
  readonly dictionary: Dictionary;
  readonly personality: Personality;
  /** The RADIUS server that it is a client of. */
  readonly server: { readonly address: string; readonly authPort: number; readonly acctPort: number };
  readonly secret: string;
  /** Where its own packets come from, and where it listens for CoA. */
  readonly address: string;
  /** 0: any free one. */
  readonly coaPort: number;
  readonly nas: NasIdentity;
  /** Lines, each of one subscriber, numbered from `firstLine`. */
  readonly lines: number;
  readonly firstLine: number;
  readonly method: LoginMethod;
  /** Until a subscriber is given another one. */
  readonly passwordOf: (line: number) => string;
  /** Where the Access-Accept says nothing else; 0: none. */
  readonly interimSeconds: number;
  readonly loginsPerSecond: number;
  /** How long a customer's router waits after a Disconnect before it logs in again. */
  readonly loginAgainMs: number;
  /** After a reject or no answer: the first wait, which doubles up to the longest. */
  readonly backoffMs: number;
  readonly longestBackoffMs: number;
  /** Of one request to the server: the first wait, which doubles, and how often it is sent in all. */
  readonly timeoutMs: number;
  readonly tries: number;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
}

type Given = Pick<BngOptions, "dictionary" | "server" | "secret" | "lines"> & Partial<BngOptions>;

export const bngOptions = (given: Given): BngOptions => ({
  personality: generic,
  address: "127.0.0.1",
  coaPort: 0,
  nas: { ip: "127.0.0.1", identifier: "bng1.isp.example" },
  firstLine: 0,
  method: "pap",
  passwordOf,
  interimSeconds: 300,
  loginsPerSecond: 500,
  loginAgainMs: 1_000,
  backoffMs: 2_000,
  longestBackoffMs: 60_000,
  timeoutMs: 2_000,
  tries: 5,
  faults: noFaults,
  clock: systemClock,
  random: Math.random,
  tell: () => undefined,
  ...given,
});
