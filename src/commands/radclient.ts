import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseHostPort } from "../config/host-port.ts";
import { DictionaryError } from "../dictionary/dictionary-error.ts";
import { loadDictionary } from "../dictionary/load-dictionary.ts";
import type { CommandIo } from "./command-io.ts";
import { failureText } from "./failure-text.ts";
import { InputError } from "./input-error.ts";
import { interruption } from "./interruption.ts";
import { type Options, readOptions } from "./radclient/options.ts";
import { type PlannedRequest, planRequests } from "./radclient/plan-requests.ts";
import { PacketSyntaxError, readPackets } from "./radclient/read-packets.ts";
import { type Requests, runRequests } from "./radclient/run-requests.ts";
import { tallyText } from "./radclient/tally.ts";

const fileText = async (path: string): Promise<string> =>
  await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(error);
  });

async function secretOf({ secret, secretFile }: Options): Promise<Buffer> {
  const written = secret ?? (await fileText(secretFile ?? "")).split(/\r?\n/, 1)[0]?.trim() ?? "";
  if (written === "") throw new InputError(new Error("the secret is empty"));
  return Buffer.from(written, "utf8");
}

async function plannedRequests(options: Options, io: CommandIo, port: number | undefined): Promise<PlannedRequest[]> {
  const planning = { type: options.type, port };
  // Status-Server needs no attributes, so nobody at a terminal is asked for them.
  const isTerminal = "isTTY" in io.stdin && io.stdin.isTTY === true;
  if (options.files.length === 0)
    return planRequests(options.type === "status" && isTerminal ? [] : readPackets(await text(io.stdin)), [], planning);
  const planned: PlannedRequest[] = [];
  for (const [packets, filters] of options.files) {
    const expected = filters === undefined ? [] : readPackets(await fileText(filters));
    const named = (error: unknown) => {
      throw error instanceof PacketSyntaxError ? new InputError(new Error(`${packets}: ${error.message}`)) : error;
    };
    const written = await fileText(packets);
    planned.push(
      ...(await Promise.resolve()
        .then(() => planRequests(readPackets(written), expected, planning))
        .catch(named)),
    );
  }
  return planned;
}

interface Where {
  readonly address: { readonly address: string; readonly family: 4 | 6 };
  readonly port: number | undefined;
}

async function serverOf({ server, family }: Options): Promise<Where> {
  // Read with two defaults: the port that is the same both times is the written one.
  const [one, other] = [parseHostPort(server, 1), parseHostPort(server, 2)];
  if (!one) throw new InputError(new Error(`"${server}" is not host:port`));
  const found = await lookup(one.host, { family: family ?? 0 }).catch((error: unknown) => {
    throw new InputError(error);
  });
  return {
    address: { address: found.address, family: found.family === 6 ? 6 : 4 },
    port: one.port === other?.port ? one.port : undefined,
  };
}

async function prepared(options: Options, io: CommandIo, stopped: AbortSignal): Promise<Requests> {
  const secret = await secretOf(options);
  const dictionary = await loadDictionary(options.dictionaryFolder);
  const { address, port } = await serverOf(options);
  const requests = await plannedRequests(options, io, port);
  if (requests.length === 0) throw new InputError(new Error("there is no packet in the input"));
  const print = (line: string) => {
    if (!options.isQuiet) io.stdout.write(line);
  };
  const complain = (line: string) => {
    if (!options.isQuiet) io.stderr.write(`${line}\n`);
  };
  return { requests, options, address, secret, dictionary, randomOctets: randomBytes, print, complain, stopped };
}

const isOfTheInput = (error: unknown): boolean =>
  error instanceof InputError || error instanceof PacketSyntaxError || error instanceof DictionaryError;

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const read = readOptions(args, io);
  if (read.kind === "done") return read.code;
  const options = read.given;
  const interrupted = interruption();
  const stop = new AbortController();
  void interrupted.signal.then(() => stop.abort());
  try {
    const requests = await prepared(options, io, stop.signal);
    const tally = await runRequests(requests);
    if (options.showsSummary) io.stdout.write(tallyText(tally));
    const isAll = tally.passedFilter === requests.requests.length * options.count;
    return isAll ? 0 : 1;
  } catch (error) {
    if (!isOfTheInput(error)) throw error;
    io.stderr.write(`weir radclient: ${failureText(error)}\n`);
    return 2;
  } finally {
    interrupted.forget();
  }
}
