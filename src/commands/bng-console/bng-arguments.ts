import { parseArgs } from "node:util";
import type { LoginMethod } from "../../simulator/access-request.ts";
import type { Faults } from "../../simulator/faults.ts";
import type { NasIdentity } from "../../simulator/nas-identity.ts";
import { personalityNames, personalityOf } from "../../simulator/personalities/personalities.ts";
import type { Personality } from "../../simulator/personality.ts";
import { passwordOf } from "../../simulator/subscriber-names.ts";
import type { RegistrationKey } from "./registration-key.ts";

const optionForms = {
  server: { type: "string", default: "127.0.0.1" },
  "auth-port": { type: "string", default: "1812" },
  "acct-port": { type: "string", default: "1813" },
  secret: { type: "string", default: "testing123" },
  address: { type: "string", default: "127.0.0.1" },
  "coa-port": { type: "string" },
  vendor: { type: "string", default: "generic" },
  sessions: { type: "string", default: "10" },
  first: { type: "string", default: "0" },
  interim: { type: "string", default: "300" },
  "login-rate": { type: "string", default: "500" },
  "login-again": { type: "string", default: "1000" },
  chap: { type: "boolean", default: false },
  "nas-ip": { type: "string" },
  "nas-identifier": { type: "string", default: "bng1.isp.example" },
  "password-of": { type: "string", multiple: true },
  lose: { type: "string", default: "0" },
  delay: { type: "string", default: "0" },
  duplicate: { type: "string", default: "0" },
  refuse: { type: "string", default: "0" },
  "refuse-cause": { type: "string" },
  work: { type: "string", default: "0" },
  seed: { type: "string" },
  events: { type: "string", default: "changes" },
  json: { type: "boolean", default: false },
  for: { type: "string" },
  register: { type: "string" },
  key: { type: "string" },
  "key-file": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export const parseBngArguments = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: optionForms, allowPositionals: true });

type Values = ReturnType<typeof parseBngArguments>["values"];

export type ShownEvents = "all" | "changes" | "none";

export interface BngArguments {
  readonly server: string;
  readonly authPort: number;
  readonly acctPort: number;
  readonly secret: string;
  readonly address: string;
  readonly coaPort: number;
  readonly personality: Personality;
  readonly sessions: number;
  readonly first: number;
  readonly interimSeconds: number;
  readonly loginsPerSecond: number;
  readonly loginAgainMs: number;
  readonly method: LoginMethod;
  readonly nas: NasIdentity;
  readonly passwordOf: (line: number) => string;
  readonly faults: Faults;
  readonly seed: number | undefined;
  readonly events: ShownEvents;
  readonly isJson: boolean;
  readonly forSeconds: number | undefined;
  readonly registration: ({ readonly url: string } & RegistrationKey) | undefined;
}

export type ReadBngArguments =
  | { readonly ok: true; readonly arguments: BngArguments }
  | { readonly ok: false; readonly problem: string };

/** Reads numbers and remembers the first that is wrong. */
function numberReader(values: Values) {
  let problem: string | undefined;
  const read = (name: keyof Values & string, [least, most]: readonly [number, number], absent = 0): number => {
    const text = values[name];
    if (typeof text !== "string") return absent;
    const number = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most))
      problem ??= `--${name} "${text}" is not a number from ${least} to ${most}`;
    return number;
  };
  return { read, problem: () => problem };
}

const PORT = [1, 65_535] as const;
const PERCENT = [0, 100] as const;
const MILLISECONDS = [0, 3_600_000] as const;
const MOST_SESSIONS = 1_000_000;

/** "7=secret": of one line. */
function passwords(given: readonly string[]): ReadonlyMap<number, string> | undefined {
  const pairs = given.map((text) => /^(\d{1,7})=(.+)$/s.exec(text));
  const found = pairs.flatMap((pair): [number, string][] => (pair ? [[Number(pair[1]), pair[2] ?? ""]] : []));
  return found.length === given.length ? new Map(found) : undefined;
}

function problemOf(values: Values): string | undefined {
  if (!personalityOf(values.vendor)) return `--vendor is one of ${personalityNames.join(", ")}`;
  if (!["all", "changes", "none"].includes(values.events)) return "--events is all, changes or none";
  if (!passwords(values["password-of"] ?? [])) return "--password-of is N=PASSWORD";
  const keys = [values.key, values["key-file"]].filter((given) => given !== undefined).length;
  if (keys > 1) return "--key and --key-file say the same: one of them";
  if (keys > 0 && values.register === undefined) return "--key and --key-file are for --register URL";
  if (values.register !== undefined && !URL.canParse(values.register)) return "--register is a URL";
  return undefined;
}

const shownEvents = (text: string): ShownEvents => (text === "all" || text === "none" ? text : "changes");

function faultsFrom(values: Values, read: ReturnType<typeof numberReader>["read"]): Faults {
  const refuseCause = read("refuse-cause", [1, 65_535]);
  return {
    losePercent: read("lose", PERCENT),
    delayMs: read("delay", MILLISECONDS),
    duplicatePercent: read("duplicate", PERCENT),
    refusePercent: read("refuse", PERCENT),
    workMs: read("work", MILLISECONDS),
    ...(values["refuse-cause"] !== undefined && { refuseCause }),
  };
}

/** What was typed, as numbers and things; or the first thing that is wrong with it. */
export function readBngArguments(values: Values): ReadBngArguments {
  const problem = problemOf(values);
  const personality = personalityOf(values.vendor);
  const own = passwords(values["password-of"] ?? []);
  if (problem !== undefined || !personality || !own) return { ok: false, problem: problem ?? "--vendor is wrong" };
  const { read, problem: numberProblem } = numberReader(values);
  const { register, key, "key-file": keyFile } = values;
  const given: BngArguments = {
    server: values.server,
    authPort: read("auth-port", PORT),
    acctPort: read("acct-port", PORT),
    secret: values.secret,
    address: values.address,
    coaPort: read("coa-port", PORT, personality.coaPort),
    personality,
    sessions: read("sessions", [1, MOST_SESSIONS]),
    first: read("first", [0, 9_000_000]),
    interimSeconds: read("interim", [0, 86_400]),
    loginsPerSecond: read("login-rate", [1, 100_000]),
    loginAgainMs: read("login-again", MILLISECONDS),
    method: values.chap ? "chap" : "pap",
    nas: { ip: values["nas-ip"] ?? values.address, identifier: values["nas-identifier"] },
    passwordOf: (line) => own.get(line) ?? passwordOf(line),
    faults: faultsFrom(values, read),
    seed: values.seed === undefined ? undefined : read("seed", [0, 2 ** 32]),
    events: shownEvents(values.events),
    isJson: values.json,
    forSeconds: values.for === undefined ? undefined : read("for", [1, 86_400]),
    registration: register === undefined ? undefined : { url: register, key, keyFile },
  };
  const wrong = numberProblem();
  return wrong === undefined ? { ok: true, arguments: given } : { ok: false, problem: wrong };
}
