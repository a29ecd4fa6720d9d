import { parseArgs } from "node:util";
import type { CommandIo } from "../command-io.ts";
import { type Arguments, readArguments, wrongUsage } from "../read-arguments.ts";
import { version } from "../version.ts";
import { type PacketType, packetTypeOf, packetTypes } from "./packet-type.ts";

/** What the command line asks for, checked. */
export interface Options {
  readonly server: string;
  readonly type: PacketType | "auto";
  /** One of the two at least; what is typed goes before the file. */
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
  /** undefined: any. */
  readonly family: 4 | 6 | undefined;
  /** Pairs of a file of packets and, optionally, one of filters; empty: standard input. */
  readonly files: readonly (readonly [packets: string, filters?: string])[];
  readonly dictionaryFolder: string | undefined;
  /** With a file `dictionary` of one's own. */
  readonly userDictionaryFolder: string | undefined;
  readonly tries: number;
  readonly timeoutMs: number;
  readonly count: number;
  readonly parallel: number;
  readonly perSecond: number | undefined;
  readonly identifier: number | undefined;
  /** 0: headlines; 1: attributes too; 2: octets too. */
  readonly detail: number;
  readonly isQuiet: boolean;
  readonly namesFiles: boolean;
  readonly showsSummary: boolean;
  readonly messageAuthenticator: boolean;
}

const usage = `usage: weir radclient [options] server[:port] TYPE [secret]

TYPE is auth, acct, status, coa, disconnect, auto or a CODE.

Sends RADIUS requests and shows the answers, with the options and the input of
FreeRADIUS's radclient: lines "Name = value" or "Name=value,Name=value"; a blank
line parts packets; # begins a comment. CODE is a packet's code, 12 for
Status-Server; auto: each packet's Packet-Type says what it is, else the port or
its attributes do.
  -4, -6     use the server's IPv4, IPv6 address
  -c COUNT   send each packet COUNT times
  -d FOLDER  read the file "dictionary" in FOLDER, if there is one, in addition
  -D FOLDER  use the dictionary in FOLDER instead of Weir's own
  -f FILE[:FILTERS]
             read packets from FILE, not standard input; may be given again.
             FILTERS holds, packet by packet, what the reply must hold: Name ==
             value, also != =~ !~ =* !*; Response-Packet-Type is its kind
  -F         print each reply's packet number, file and code
  -h         this help, also --help
  -i ID      the first identifier, 0 to 255; absent: any
  -n N       send N requests a second, evenly; absent: each as soon as it may
  -p N       keep N requests under way at once (each on a port of its own);
             absent: 1
  -P PROTO   udp, which is the only one
  -q         print nothing
  -r TRIES   send a request up to TRIES times, the same octets each time;
             absent: 3
  -s         print a summary
  -S FILE    read the secret from the first line of FILE
  -t SECONDS wait before the next try; may have a fraction; absent: 5
  -v         print the version
  -x         print attributes too; twice: octets too
  --no-message-authenticator
             Access-Requests carry one (first, CVE-2024-3596) unless this is
             given; other requests carry one where Message-Authenticator = 0x00
             is written
User-Password is hidden. CHAP-Password, MS-CHAP-Password and MS-CHAP2-Password
(version 2) are given in clear and computed. Packet-Dst-IP-Address and
Packet-Dst-Port send one packet elsewhere; with the first in each, server may be
"-". Status-Server needs no input.

exit code: 0 every request was answered positively (with a filter: every reply
passed), 1 not so, 2 wrong usage or input (where radclient has 1)
`;

const flag = { type: "boolean" } as const;
const text = { type: "string" } as const;

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { ...flag, short: "h" },
      ipv4: { ...flag, short: "4" },
      ipv6: { ...flag, short: "6" },
      count: { ...text, short: "c" },
      "user-dictionary": { ...text, short: "d" },
      dictionary: { ...text, short: "D" },
      file: { ...text, short: "f", multiple: true },
      "file-names": { ...flag, short: "F" },
      id: { ...text, short: "i" },
      rate: { ...text, short: "n" },
      parallel: { ...text, short: "p" },
      protocol: { ...text, short: "P" },
      quiet: { ...flag, short: "q" },
      retries: { ...text, short: "r" },
      summary: { ...flag, short: "s" },
      "secret-file": { ...text, short: "S" },
      timeout: { ...text, short: "t" },
      version: { ...flag, short: "v" },
      debug: { ...flag, short: "x", multiple: true },
      "no-message-authenticator": flag,
    },
  });

type Values = ReturnType<typeof parse>["values"];

class WrongOption extends Error {}

interface Range {
  readonly least: number;
  readonly most: number;
}

function whole(option: string, written: string | undefined, { least, most }: Range): number | undefined {
  if (written === undefined) return undefined;
  if (/^\d{1,9}$/.test(written) && Number(written) >= least && Number(written) <= most) return Number(written);
  throw new WrongOption(`${option} takes a number from ${least} to ${most}, not "${written}"`);
}

function milliseconds(written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const seconds = /^\d*\.?\d+$/.test(written) ? Number(written) : Number.NaN;
  if (seconds >= 0.001 && seconds <= 3600) return seconds * 1000;
  throw new WrongOption(`-t takes seconds from 0.001 to 3600, not "${written}"`);
}

function filePair(written: string): readonly [string, string?] {
  const colon = written.lastIndexOf(":");
  return colon > 0 ? [written.slice(0, colon), written.slice(colon + 1)] : [written];
}

/** Of the options that are numbers. */
const numbersOf = (values: Values) => ({
  tries: whole("-r", values.retries, { least: 1, most: 1000 }) ?? 3,
  timeoutMs: milliseconds(values.timeout) ?? 5000,
  count: whole("-c", values.count, { least: 1, most: 100_000_000 }) ?? 1,
  parallel: whole("-p", values.parallel, { least: 1, most: 1000 }) ?? 1,
  perSecond: whole("-n", values.rate, { least: 1, most: 100_000 }),
  identifier: whole("-i", values.id, { least: 0, most: 255 }),
  detail: values.debug?.length ?? 0,
});

function checked({ values, positionals }: ReturnType<typeof parse>): Options {
  const [server = "", word = "", secret] = positionals;
  const type = word === "auto" ? word : packetTypeOf(word);
  if (!type) throw new WrongOption(`"${word}" is none of ${Object.keys(packetTypes).join(", ")}, auto, and no code`);
  if (secret === undefined && values["secret-file"] === undefined)
    throw new WrongOption("the secret is missing: it stands at the end, or in the file that -S names");
  if (values.ipv4 && values.ipv6) throw new WrongOption("-4 and -6 exclude each other");
  if ((values.protocol ?? "udp") !== "udp") throw new WrongOption("-P takes udp: there is no other here");
  return {
    ...numbersOf(values),
    server,
    type,
    secret,
    secretFile: values["secret-file"],
    family: values.ipv4 ? 4 : values.ipv6 ? 6 : undefined,
    files: (values.file ?? []).map(filePair),
    dictionaryFolder: values.dictionary,
    userDictionaryFolder: values["user-dictionary"],
    isQuiet: values.quiet ?? false,
    namesFiles: values["file-names"] ?? false,
    showsSummary: values.summary ?? false,
    messageAuthenticator: !values["no-message-authenticator"],
  };
}

/** Reads the command line; help, version and what is wrong are answered here. */
export function readOptions(args: readonly string[], io: CommandIo): Arguments<Options> {
  const form = { command: "radclient", usage, count: [0, 3] as const };
  const read = readArguments(io, form, () => parse(args));
  if (read.kind === "done") return read;
  if (read.given.values.version) {
    io.stdout.write(`weir radclient ${version()}\n`);
    return { kind: "done", code: 0 };
  }
  try {
    if (read.given.positionals.length < 2) throw new WrongOption("say the server, and what kind of packet it gets");
    return { kind: "given", given: checked(read.given) };
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error;
    return { kind: "done", code: wrongUsage(io, form, error.message) };
  }
}
