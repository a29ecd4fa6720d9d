import { parseArgs } from "node:util";
import type { CommandIo } from "../command-io.ts";
import { type Arguments, readArguments } from "../read-arguments.ts";
import { isPacketTypeName, type PacketTypeName, packetTypes } from "./packet-type.ts";

/** What the command line asks for, checked. */
export interface Options {
  readonly server: string;
  readonly type: PacketTypeName | "auto";
  /** Exactly one of the two. */
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
  /** undefined: any. */
  readonly family: 4 | 6 | undefined;
  /** Pairs of a file of packets and, optionally, one of filters; empty: standard input. */
  readonly files: readonly (readonly [packets: string, filters?: string])[];
  readonly dictionaryFolder: string | undefined;
  readonly tries: number;
  readonly timeoutMs: number;
  readonly count: number;
  readonly parallel: number;
  readonly identifier: number | undefined;
  /** 0: headlines; 1: attributes too; 2: octets too. */
  readonly detail: number;
  readonly isQuiet: boolean;
  readonly showsSummary: boolean;
  readonly messageAuthenticator: boolean;
}

const usage = `usage: weir radclient [options] server[:port] {auth|acct|status|coa|disconnect|auto} [secret]

Sends RADIUS requests and shows the answers. Reads FreeRADIUS radclient's input: lines "Name = value" or
"Name=value,Name=value"; a blank line parts packets; # begins a comment. auto: each packet's Packet-Type says what it
is, else its attributes or the port do.
  -4, -6     use the server's IPv4, IPv6 address
  -c COUNT   send each packet COUNT times
  -D FOLDER  use the dictionary in FOLDER instead of Weir's own
  -f FILE[:FILTERS]  read packets from FILE, not standard input; may be given again. FILTERS holds, packet by packet,
             what the reply must hold: Name == value, also != =~ !~ =* !*; Response-Packet-Type is its kind
  -i ID      the first identifier, 0 to 255
  -p N       keep N requests under way at once (each on a port of its own)
  -q         print nothing
  -r TRIES   send a request up to TRIES times, the same octets each time (3)
  -s         print a summary
  -S FILE    read the secret from FILE
  -t SECONDS wait before the next try; may have a fraction (5)
  -x         print attributes too; twice: octets too
  -h, --help
  --no-message-authenticator  Access-Requests carry one (first, CVE-2024-3596) unless this is given; other requests
             carry one where Message-Authenticator = 0x00 is written
User-Password is hidden. CHAP-Password, MS-CHAP-Password and MS-CHAP2-Password (version 2) are given in clear and
computed. Packet-Dst-Port sends one packet elsewhere.

exit code: 0 every request was answered positively (with a filter: every reply passed), 1 not so, 2 wrong usage or input
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
      dictionary: { ...text, short: "D" },
      file: { ...text, short: "f", multiple: true },
      id: { ...text, short: "i" },
      parallel: { ...text, short: "p" },
      quiet: { ...flag, short: "q" },
      retries: { ...text, short: "r" },
      summary: { ...flag, short: "s" },
      "secret-file": { ...text, short: "S" },
      timeout: { ...text, short: "t" },
      debug: { ...flag, short: "x", multiple: true },
      "no-message-authenticator": flag,
    },
  });

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

function checked({ values, positionals }: ReturnType<typeof parse>): Options {
  const [server = "", type = "", secret] = positionals;
  if (type !== "auto" && !isPacketTypeName(type))
    throw new WrongOption(`"${type}" is none of ${Object.keys(packetTypes).join(", ")}, auto`);
  const secretFile = values["secret-file"];
  if ((secret === undefined) === (secretFile === undefined))
    throw new WrongOption("the secret stands at the end, or in the file that -S names");
  if (values.ipv4 && values.ipv6) throw new WrongOption("-4 and -6 exclude each other");
  return {
    server,
    type,
    secret,
    secretFile,
    family: values.ipv4 ? 4 : values.ipv6 ? 6 : undefined,
    files: (values.file ?? []).map(filePair),
    dictionaryFolder: values.dictionary,
    tries: whole("-r", values.retries, { least: 1, most: 1000 }) ?? 3,
    timeoutMs: milliseconds(values.timeout) ?? 5000,
    count: whole("-c", values.count, { least: 1, most: 100_000_000 }) ?? 1,
    parallel: whole("-p", values.parallel, { least: 1, most: 1000 }) ?? 1,
    identifier: whole("-i", values.id, { least: 0, most: 255 }),
    detail: values.debug?.length ?? 0,
    isQuiet: values.quiet ?? false,
    showsSummary: values.summary ?? false,
    messageAuthenticator: !values["no-message-authenticator"],
  };
}

/** Reads the command line; help and what is wrong are answered here. */
export function readOptions(args: readonly string[], io: CommandIo): Arguments<Options> {
  const form = { command: "radclient", usage, count: [2, 3] as const };
  const read = readArguments(io, form, () => parse(args));
  if (read.kind === "done") return read;
  try {
    return { kind: "given", given: checked(read.given) };
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error;
    io.stderr.write(`weir radclient: ${error.message}\n\n${usage}`);
    return { kind: "done", code: 2 };
  }
}
