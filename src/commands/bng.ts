import { lookup } from "node:dns/promises";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { loadDictionary } from "../dictionary/load-dictionary.ts";
import { type Bng, startBng } from "../simulator/bng.ts";
import type { BngEvent } from "../simulator/bng-event.ts";
import { bngOptions } from "../simulator/bng-options.ts";
import { personalityNames } from "../simulator/personalities/personalities.ts";
import { seededRandom } from "../simulator/seeded-random.ts";
import { type BngArguments, parseBngArguments, readBngArguments } from "./bng-console/bng-arguments.ts";
import { carryOutCommand, commandHelp } from "./bng-console/bng-commands.ts";
import { eventJson, eventText, isShown } from "./bng-console/event-text.ts";
import { createLoginNotices } from "./bng-console/login-notices.ts";
import { registrationKey } from "./bng-console/registration-key.ts";
import type { CommandIo } from "./command-io.ts";
import { failureText } from "./failure-text.ts";
import { interruption } from "./interruption.ts";
import { readArguments, wrongUsage } from "./read-arguments.ts";

export const summary =
  "a simulated BNG: logs subscribers in, does accounting, answers CoA as a vendor's equipment does";

const usage = `usage: weir bng [--server HOST] [--secret S] [--vendor V] [--sessions N] …

Subscriber N is user%07d@isp.example with password pw-%07d, at 100.64.0.0/10 + N. Each logs in, its sessions are
reported (Start, Interim, Stop), and it comes back by itself after a Disconnect.

  --server HOST --auth-port P --acct-port P   the RADIUS server; default 127.0.0.1, 1812, 1813
  --secret S            shared with it; default testing123
  --address A           of its own, IPv4 or IPv6; default 127.0.0.1
  --coa-port P          default: the vendor's, 3799 or 1700
  --vendor V            ${personalityNames.slice(0, 5).join(", ")},
                        ${personalityNames.slice(5).join(", ")}
  --sessions N --first N                      how many subscribers, and the first one's number; default 10, 0
  --interim SECONDS     0: none; the Access-Accept's Acct-Interim-Interval goes before; default 300
  --login-rate N        logins a second; default 500
  --login-again MS      how soon after a Disconnect; default 1000
  --chap                log in with CHAP in place of PAP
  --nas-ip A --nas-identifier TEXT            what it calls itself; default its address, bng1.isp.example
  --password-of N=TEXT  another password for subscriber N; may be repeated
  --register URL        puts itself into Weir's list of NASes first, under the first part of its NAS-Identifier:
                        PUT /v1/nas/bng1; with an admin key
  --key KEY | --key-file FILE                 that key, or the file with it; absent: WEIR_ADMIN_KEY

  --lose % --duplicate %                      of datagrams, in either direction
  --delay MS            each datagram leaves up to so much later
  --refuse % --refuse-cause N                 of CoA and Disconnect-Requests, with this Error-Cause (RFC 5176)
  --work MS             how long it works on each of them
  --seed N              the same misfortunes each time

  --events all|changes|none                   default changes: whatever is out of the ordinary
  --json                events as JSON, one a line
  --for SECONDS         ends by itself

${commandHelp}
exit code: 0 ended as asked; 1 failed, or (with --for) not every subscriber had a session; 2 wrong usage
`;

const STOP_LIMIT_MS = 3_000;
const REGISTER_LIMIT_MS = 10_000;

/** Tells Weir of this BNG through its API, as an operator would. */
async function register(
  given: BngArguments,
  { url, key }: { readonly url: string; readonly key: string },
): Promise<void> {
  const { address, coaPort, nas, personality, secret } = given;
  const id = encodeURIComponent((nas.identifier ?? "bng1").split(".")[0] ?? "bng1");
  const at = new URL(`/v1/nas/${id}`, url);
  const response = await fetch(at, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ address, secret, vendor: personality.name, coaPort, identifier: nas.identifier }),
    signal: AbortSignal.timeout(REGISTER_LIMIT_MS),
  }).catch((error: unknown) => {
    const why = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Error(`${at} cannot be reached: ${failureText(why)}`);
  });
  if (!response.ok) throw new Error(`PUT /v1/nas/${id} answered ${response.status}: ${await response.text()}`);
}

async function start(given: BngArguments, io: CommandIo): Promise<Bng> {
  const { registration } = given;
  if (registration) await register(given, { url: registration.url, key: await registrationKey(registration) });
  const dictionary = await loadDictionary();
  const { address } = await lookup(given.server, given.address.includes(":") ? 6 : 4);
  const text = given.isJson ? eventJson : eventText;
  const notice = createLoginNotices({ lines: given.sessions, say: (said) => void io.stderr.write(`${said}\n`) });
  const tell = (event: BngEvent): void => {
    notice(event);
    if (isShown(event, given.events)) io.stdout.write(`${text(dictionary, event)}\n`);
  };
  const { authPort, acctPort } = given;
  return await startBng(
    bngOptions({
      ...given,
      dictionary,
      server: { address, authPort, acctPort },
      lines: given.sessions,
      firstLine: given.first,
      random: given.seed === undefined ? Math.random : seededRandom(given.seed),
      tell,
    }),
  );
}

/** Carries out what is typed, one after the other; resolves at "quit". The end of the input is not the end of the BNG. */
function typedQuit(bng: Bng, io: CommandIo): { readonly quit: Promise<"quit">; close(): void } {
  const { promise, resolve } = Promise.withResolvers<"quit">();
  const lines = createInterface({ input: io.stdin });
  let previous = Promise.resolve();
  lines.on("line", (typed) => {
    if (typed.trim() === "quit") return resolve("quit");
    previous = previous
      .then(async () => await carryOutCommand(bng, typed))
      .then(
        (said) => void (said !== "" && io.stdout.write(`${said}\n`)),
        (error: unknown) => void io.stderr.write(`weir bng: ${failureText(error)}\n`),
      );
  });
  return { quit: promise, close: () => lines.close() };
}

async function runUntilAsked(bng: Bng, given: BngArguments, io: CommandIo): Promise<number> {
  const asked = interruption();
  const typed = typedQuit(bng, io);
  const over = new AbortController();
  const { forSeconds } = given;
  const time = forSeconds === undefined ? undefined : setTimeout(forSeconds * 1000, "time", { signal: over.signal });
  time?.catch(() => undefined);
  try {
    const why = await Promise.race([asked.signal, typed.quit, ...(time ? [time] : [])]);
    return why === "time" && bng.sessionCount() < given.sessions ? 1 : 0;
  } finally {
    over.abort();
    typed.close();
    asked.forget();
  }
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "bng", usage, count: [0, 0] } as const;
  const typed = readArguments(io, form, () => parseBngArguments(args));
  if (typed.kind === "done") return typed.code;
  const read = readBngArguments(typed.given.values);
  if (!read.ok) return wrongUsage(io, form, read.problem);
  const given = read.arguments;
  let bng: Bng;
  try {
    bng = await start(given, io);
  } catch (error) {
    io.stderr.write(`weir bng: ${failureText(error)}\n`);
    return 1;
  }
  io.stderr.write(
    `${given.personality.name} BNG with ${given.sessions} subscribers, CoA on ${given.address}:${bng.coaPort}\n`,
  );
  try {
    return await runUntilAsked(bng, given, io);
  } finally {
    // A server that is gone must not keep us.
    await Promise.race([bng.shutDown(), setTimeout(STOP_LIMIT_MS, undefined, { ref: false })]);
    await bng.stop();
  }
}
