import { lookup } from "node:dns/promises";
import { setTimeout } from "node:timers/promises";
import { loadDictionary } from "../dictionary/load-dictionary.ts";
import { type Bng, openBng } from "../simulator/bng.ts";
import type { BngEvent } from "../simulator/bng-event.ts";
import { bngOptions } from "../simulator/bng-options.ts";
import { personalityNames } from "../simulator/personalities/personalities.ts";
import { seededRandom } from "../simulator/seeded-random.ts";
import { type BngArguments, parseBngArguments, readBngArguments } from "./bng-console/bng-arguments.ts";
import { commandHelp } from "./bng-console/bng-commands.ts";
import { type BngNotices, createBngNotices } from "./bng-console/bng-notices.ts";
import { type BngVoice, bngVoice } from "./bng-console/bng-voice.ts";
import { consoleLineHelp } from "./bng-console/console-line.ts";
import { registerBng } from "./bng-console/register-bng.ts";
import { typedCommands } from "./bng-console/typed-commands.ts";
import type { CommandIo } from "./command-io.ts";
import { endEarly } from "./end-early.ts";
import { failureText } from "./failure-text.ts";
import { type Ending, interruption } from "./interruption.ts";
import { hostAndPort } from "./radclient/udp-lane.ts";
import { readArguments, wrongUsage } from "./read-arguments.ts";

const usage = `usage: weir bng [--server HOST] [--secret S] [--vendor V] [--sessions N] …

A BNG with its subscribers, of which Weir sees RADIUS alone. Subscriber 3 is
user0000003@isp.example with password pw-0000003 at 100.64.0.3, and so on. Each
logs in, its session is reported (Start, Interim, Stop), what a CoA-Request asks
is done as the vendor's equipment does it, and after a Disconnect it comes back
by itself.

  --server HOST --auth-port P --acct-port P
                        the RADIUS server; default 127.0.0.1, 1812, 1813
  --secret S            shared with it; default testing123
  --address A           of its own, IPv4 or IPv6; default 127.0.0.1
  --coa-port P          default: the vendor's, 3799 or 1700
  --vendor V            ${personalityNames.slice(0, 5).join(", ")},
                        ${personalityNames.slice(5).join(", ")}
  --sessions N --first N
                        how many subscribers, and the first one's number;
                        default 10, 0
  --interim SECONDS     0: none; the Access-Accept's Acct-Interim-Interval goes
                        before; default 300
  --login-rate N        logins a second; default 500
  --login-again MS      how soon after a Disconnect; default 1000
  --chap                log in with CHAP in place of PAP
  --nas-ip A --nas-identifier TEXT
                        what it calls itself; default its address,
                        bng1.isp.example
  --password-of N=TEXT  another password for subscriber N; may be repeated
  --register URL        puts itself into Weir's list of NASes first, under the
                        first part of its NAS-Identifier: PUT /v1/nas/bng1; with
                        an admin key
  --key KEY | --key-file FILE
                        that key, or the file with it; absent: WEIR_ADMIN_KEY

  --lose % --duplicate %
                        of datagrams, in either direction
  --delay MS            each datagram leaves up to so much later
  --refuse % --refuse-cause N
                        of CoA and Disconnect-Requests, with this Error-Cause
                        (RFC 5176)
  --work MS             how long it works on each of them
  --seed N              the same misfortunes each time

  --events all|changes|none
                        default changes: whatever is out of the ordinary
  --json                events as JSON, one a line, with every attribute and the
                        request's octets
  --for SECONDS         ends by itself

${consoleLineHelp}
${commandHelp}
exit code: 0 ended as asked; 1 failed, or (with --for) not every subscriber had
a session; 2 wrong usage
`;

const STOP_LIMIT_MS = 3_000;
/** Longer than a server that is there takes, shorter than a person wonders. */
const SILENT_AFTER_MS = 3_000;

interface Opened {
  readonly bng: Bng;
  readonly notices: BngNotices;
}

async function open(given: BngArguments, { event, notice }: BngVoice): Promise<Opened> {
  await registerBng(given);
  const dictionary = await loadDictionary();
  const { address } = await lookup(given.server, given.address.includes(":") ? 6 : 4);
  const { authPort, acctPort, sessions: lines } = given;
  const server = `${hostAndPort(address, authPort)} and :${acctPort}`;
  const notices = createBngNotices({ lines, server, address: given.address, notice });
  const tell = (one: BngEvent): void => {
    event(dictionary, one);
    notices.tell(one);
  };
  const random = given.seed === undefined ? Math.random : seededRandom(given.seed);
  const at = { address, authPort, acctPort };
  const bng = await openBng(
    bngOptions({ ...given, dictionary, server: at, lines, firstLine: given.first, random, tell }),
  );
  return { bng, notices };
}

interface Running extends Opened {
  readonly given: BngArguments;
  readonly io: CommandIo;
  readonly voice: BngVoice;
  readonly ending: Promise<Ending>;
}

/** Boots, and goes on until a signal, "quit", or the time that was asked for. */
async function runUntilAsked({ bng, notices, given, io, voice, ending }: Running): Promise<number> {
  const typed = typedCommands(bng, io.stdin, voice);
  const over = new AbortController();
  const { forSeconds } = given;
  const time = async (ms: number) => await setTimeout(ms, "time" as const, { signal: over.signal });
  const ends = [ending, typed.quit, ...(forSeconds === undefined ? [] : [time(forSeconds * 1000)])];
  void bng.boot();
  time(SILENT_AFTER_MS).then(notices.stillNothing, () => undefined);
  try {
    const why = await Promise.race(ends);
    return why === "time" && bng.sessionCount() < given.sessions ? 1 : 0;
  } finally {
    over.abort();
    typed.close();
  }
}

async function runBng(given: BngArguments, io: CommandIo, ending: Promise<Ending>): Promise<number> {
  const said = bngVoice(given, io);
  const opening = open(given, said);
  const opened = await Promise.race([opening, ending]);
  if (typeof opened === "string") {
    opening.then(({ bng }) => bng.stop()).catch(() => undefined);
    return endEarly(io, "bng", opened);
  }
  const { bng } = opened;
  const { address, personality, sessions } = given;
  said.notice(`${personality.name} BNG with ${sessions} subscribers, CoA on ${hostAndPort(address, bng.coaPort)}`);
  try {
    return await runUntilAsked({ ...opened, given, io, voice: said, ending });
  } finally {
    // A server that is gone must not keep us.
    await Promise.race([bng.shutDown(), setTimeout(STOP_LIMIT_MS, undefined, { ref: false })]);
    await bng.stop();
  }
}

/** A port or an address that cannot be had, with the option that says another. */
function problemText(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: " (taken by another program, or by another BNG: --coa-port)",
    EADDRNOTAVAIL: " (this machine has no such address: --address)",
    EACCES: " (not allowed: --coa-port)",
    ENOTFOUND: " (no such host is known: --server)",
    EAI_AGAIN: " (no such host is known: --server)",
  };
  return `${failureText(error)}${hints[String(code)] ?? ""}`;
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "bng", usage, count: [0, 0] } as const;
  const typed = readArguments(io, form, () => parseBngArguments(args));
  if (typed.kind === "done") return typed.code;
  const read = readBngArguments(typed.given.values);
  if (!read.ok) return wrongUsage(io, form, read.problem);
  const { ending, forget } = interruption(io.stdout);
  try {
    return await runBng(read.arguments, io, ending);
  } catch (error) {
    io.stderr.write(`weir bng: ${problemText(error)}\n`);
    return 1;
  } finally {
    forget();
  }
}
