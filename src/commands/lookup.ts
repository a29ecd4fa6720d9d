import { parseArgs } from "node:util";
import { readMoment } from "../api/read-moment.ts";
import type { Attribution, Candidate } from "../attribution/attribute.ts";
import { type AddressQuestion, attributeAddress } from "../attribution/attribute-address.ts";
import { ownAddresses } from "../attribution/own-addresses.ts";
import { readAddress } from "../intake/read-address.ts";
import type { CommandIo } from "./command-io.ts";
import { readArguments, wrongUsage } from "./read-arguments.ts";
import { textTable } from "./text-table.ts";
import { visibleJson } from "./visible-json.ts";
import { withCore } from "./with-core.ts";

const usage = `usage: weir lookup IP[:PORT] [--at TIME] [--protocol P]
                   [--skew SECONDS] [--json]

IP is IPv4 or IPv6; an IPv6 address with a port stands in brackets:
[2001:db8::1]:443.
  --at TIME       RFC 3339 with its zone, 2026-11-20T03:12:45Z or
                  2026-11-20T04:12:45+01:00; absent: now
  --protocol P    tcp, udp, …
  --skew SECONDS  how far the clocks may be apart; absent: 2
  --json          the answer as GET /v1/attribution gives it

The verdict is exact, ambiguous or none; only exact names a subscriber.

exit code: 0 answered, whatever the verdict; 1 failed; 2 wrong usage or
configuration
`;

const MOST_SKEW_SECONDS = 86_400;

/** Splits "192.0.2.7:4711", "[2001:db8::1]:443", "2001:db8::1". */
function addressAndPort(text: string): { readonly ip: string; readonly port?: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const [, ip = "", port] = bracketed ?? /^([^:]*):([^:]*)$/.exec(text) ?? ["", text];
  return { ip, ...(port !== undefined && { port }) };
}

interface Options {
  readonly at?: string | undefined;
  readonly protocol?: string | undefined;
  readonly skew?: string | undefined;
}

/** The question, or what is wrong with it. */
function questionOf(where: string, { at, protocol, skew }: Options): AddressQuestion | string {
  const { ip, port } = addressAndPort(where);
  const address = readAddress(ip);
  if (!address.ok) return address.detail;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) return `"${port}" is not a port`;
  const toldAt = new Date();
  const moment = at === undefined ? toldAt : readMoment(at);
  if (!moment) return `"${at}" is not a date and time of RFC 3339 with its zone`;
  const skewSeconds = skew === undefined ? undefined : skew.trim() === "" ? Number.NaN : Number(skew);
  if (skewSeconds !== undefined && !(skewSeconds >= 0 && skewSeconds <= MOST_SKEW_SECONDS))
    return `"${skew}" is not a number of seconds from 0 to ${MOST_SKEW_SECONDS}`;
  return {
    ip: address.value,
    at: moment,
    toldAt,
    protocol,
    skewSeconds,
    ...(port !== undefined && { port: Number(port) }),
  };
}

const candidateRow = ({ subscriber, session, from, to }: Candidate): string[] => [
  "candidate",
  `subscriber ${subscriber ?? "unknown"}, session ${session}, from ${from.toISOString()} ${to ? `to ${to.toISOString()}` : "on"}`,
];

const asText = (answer: Attribution): string =>
  textTable([
    ["verdict", answer.verdict],
    ...(answer.subscriber === null ? [] : [["subscriber", answer.subscriber]]),
    ...(answer.session === null ? [] : [["session", answer.session]]),
    ["reason", answer.reason],
    ...answer.candidates.map(candidateRow),
  ]);

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "lookup", usage, count: [1, 1] as const };
  const read = readArguments(io, form, () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        at: { type: "string" },
        protocol: { type: "string" },
        skew: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  if (read.kind === "done") return read.code;
  const { values, positionals } = read.given;
  const question = questionOf(positionals[0] ?? "", values);
  if (typeof question === "string") return wrongUsage(io, form, question);
  return await withCore(io, "lookup", async ({ config, database }) => {
    const answer = await attributeAddress(database, question, ownAddresses(config.ownAddresses));
    io.stdout.write(values.json ? visibleJson(answer, 2) : asText(answer));
    return 0;
  });
}
