import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseHostPort } from "../config/host-port.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import { DictionaryError } from "../dictionary/dictionary-error.ts";
import { Code } from "../radius/code.ts";
import type { CommandIo } from "./command-io.ts";
import { endEarly } from "./end-early.ts";
import { failureText } from "./failure-text.ts";
import { InputError } from "./input-error.ts";
import { type Ending, interruption } from "./interruption.ts";
import { ofFile } from "./radclient/of-file.ts";
import { type Options, readOptions } from "./radclient/options.ts";
import { type PlannedRequest, planRequests } from "./radclient/plan-requests.ts";
import { radclientDictionary } from "./radclient/radclient-dictionary.ts";
import { PacketSyntaxError, readPackets, type WrittenPacket } from "./radclient/read-packets.ts";
import { checkFilter } from "./radclient/reply-filter.ts";
import { type Requests, runRequests, type ServerAddress } from "./radclient/run-requests.ts";
import { tallyText } from "./radclient/tally.ts";

const fileText = async (path: string): Promise<string> =>
  await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(error, path);
  });

async function secretOf({ secret, secretFile }: Options): Promise<Buffer> {
  const written = secret ?? (await fileText(secretFile ?? "")).split(/\r?\n/, 1)[0]?.trim() ?? "";
  if (written === "") throw new InputError(new Error("the secret is empty"));
  return Buffer.from(written, "utf8");
}

/** Status-Server needs no attributes, so nobody at a terminal is asked for them. */
async function typedPackets({ type }: Options, { stdin }: CommandIo): Promise<WrittenPacket[]> {
  const isTerminal = "isTTY" in stdin && stdin.isTTY === true;
  const isStatus = type !== "auto" && type.code === Code.StatusServer;
  return isStatus && isTerminal ? [] : readPackets(await text(stdin));
}

interface Planning {
  readonly options: Options;
  readonly dictionary: Dictionary;
  /** Of the command line, where it names one. */
  readonly port: number | undefined;
}

async function plannedRequests({ options, dictionary, port }: Planning, io: CommandIo): Promise<PlannedRequest[]> {
  const { files, type } = options;
  if (files.length === 0) return planRequests(await typedPackets(options, io), undefined, { file: "-", type, port });
  const planned: PlannedRequest[] = [];
  for (const [file, filterFile] of files) {
    const written = await fileText(file);
    const filters = filterFile === undefined ? undefined : await checkedFilters(dictionary, filterFile);
    planned.push(...ofFile(file, () => planRequests(readPackets(written), filters, { file, type, port })));
  }
  return planned;
}

async function checkedFilters(dictionary: Dictionary, file: string): Promise<WrittenPacket[]> {
  const written = await fileText(file);
  return ofFile(file, () => {
    const filters = readPackets(written);
    for (const filter of filters) checkFilter(dictionary, filter);
    return filters;
  });
}

interface Where {
  /** undefined: "-", each packet says where it goes. */
  readonly server: ServerAddress | undefined;
  readonly port: number | undefined;
}

async function serverOf({ server, family }: Options): Promise<Where> {
  if (server === "-") return { server: undefined, port: undefined };
  const written = parseHostPort(server);
  if (!written) throw new InputError(new Error(`"${server}" is not host:port`));
  const found = await lookup(written.host, { family: family ?? 0 }).catch((error: unknown) => {
    throw new InputError(error);
  });
  return {
    server: { address: found.address, family: found.family === 6 ? 6 : 4 },
    port: written.port,
  };
}

async function prepared(options: Options, io: CommandIo, stopped: AbortSignal): Promise<Requests> {
  const secret = await secretOf(options);
  const dictionary = await radclientDictionary(options);
  const { server, port } = await serverOf(options);
  const requests = await plannedRequests({ options, dictionary, port }, io);
  if (requests.length === 0) throw new InputError(new Error("there is no packet in the input"));
  const print = (line: string) => {
    if (!options.isQuiet) io.stdout.write(line);
  };
  const complain = (line: string) => {
    if (!options.isQuiet) io.stderr.write(`${line}\n`);
  };
  return { requests, options, server, secret, dictionary, randomOctets: randomBytes, print, complain, stopped };
}

const isOfTheInput = (error: unknown): boolean =>
  error instanceof InputError || error instanceof PacketSyntaxError || error instanceof DictionaryError;

async function sendAll(options: Options, io: CommandIo, ending: Promise<Ending>): Promise<number> {
  const stop = new AbortController();
  const ended = ending.then((why) => {
    stop.abort();
    return why;
  });
  // Whoever is still typing packets in ends it here.
  const requests = await Promise.race([prepared(options, io, stop.signal), ended]);
  if (typeof requests === "string") return endEarly(io, "radclient", requests);
  const tally = await runRequests(requests);
  if (options.showsSummary) io.stdout.write(tallyText(tally));
  if (stop.signal.aborted) return endEarly(io, "radclient", await ended);
  return tally.passedFilter === requests.requests.length * options.count ? 0 : 1;
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const read = readOptions(args, io);
  if (read.kind === "done") return read.code;
  const { ending, forget } = interruption(io.stdout);
  try {
    return await sendAll(read.given, io, ending);
  } catch (error) {
    if (!isOfTheInput(error)) throw error;
    io.stderr.write(`weir radclient: ${failureText(error)}\n`);
    return 2;
  } finally {
    forget();
  }
}
