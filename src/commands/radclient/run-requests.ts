import { isIPv6 } from "node:net";
import type { Dictionary } from "../../dictionary/dictionary.ts";
import { decodeAttributes } from "../../radius/decode-attributes.ts";
import { InputError } from "../input-error.ts";
import { buildRequest } from "./build-request.ts";
import { ofFile } from "./of-file.ts";
import type { Options } from "./options.ts";
import { createPace } from "./pace.ts";
import { type PacketToShow, packetText } from "./packet-text.ts";
import { isPositive } from "./packet-type.ts";
import type { PlannedRequest } from "./plan-requests.ts";
import { missedBy } from "./reply-filter.ts";
import { type Answer, sendRequest } from "./send-request.ts";
import { emptyTally, type Tally } from "./tally.ts";
import { hostAndPort, openUdpLane, type UdpLane } from "./udp-lane.ts";

export interface Requests {
  readonly requests: readonly PlannedRequest[];
  readonly options: Options;
  /** The command line's server; undefined: each packet names its own. */
  readonly server: ServerAddress | undefined;
  readonly secret: Buffer;
  readonly dictionary: Dictionary;
  readonly randomOctets: (count: number) => Buffer;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Set when no further request is to be sent, and no answer waited for. */
  readonly stopped: AbortSignal;
}

export interface ServerAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

interface Numbered {
  readonly request: PlannedRequest;
  /** From 0, over all files. */
  readonly number: number;
}

/** One row of requests, one after the other: a port of its own towards each server, and its identifiers. */
class Lane {
  readonly #all: Requests;
  readonly #tally: Tally;
  readonly #sockets = new Map<string, UdpLane>();
  #identifier: number;

  constructor(all: Requests, tally: Tally) {
    this.#all = all;
    this.#tally = tally;
    this.#identifier = all.options.identifier ?? all.randomOctets(1).readUInt8();
  }

  async send({ request, number }: Numbered): Promise<void> {
    const { secret, dictionary, randomOctets, options } = this.#all;
    const identifier = this.#identifier;
    this.#identifier = (identifier + 1) % 256;
    const wish = { ...request, messageAuthenticator: options.messageAuthenticator };
    const context = { dictionary, secret, identifier, randomOctets };
    const octets = ofFile(request.file, () => buildRequest(wish, context));
    const lane = await this.#socket(request);
    const answer = await this.#exchange(lane, octets);
    if (answer.kind === "reply" && options.namesFiles)
      this.#all.print(`(${number}) ${request.file} response code ${answer.packet.code}\n`);
    this.#tell(answer, lane, octets);
    this.#count(request, answer, octets.subarray(4, 20));
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
  }

  async #socket({ address, port, defaultPort }: PlannedRequest): Promise<UdpLane> {
    const at = address === undefined ? this.#all.server : serverAt(address);
    if (!at) throw new InputError(new Error('the server is "-": each packet needs a Packet-Dst-IP-Address'));
    const to = { ...at, port: port ?? defaultPort };
    const key = hostAndPort(to.address, to.port);
    const open = this.#sockets.get(key) ?? (await openUdpLane(to));
    this.#sockets.set(key, open);
    return open;
  }

  async #exchange(lane: UdpLane, octets: Buffer): Promise<Answer> {
    const { options, secret, complain, stopped } = this.#all;
    const { tries, timeoutMs } = options;
    const onIgnored = (reason: string) =>
      complain(`an answer from ${lane.remote} to Id ${octets.readUInt8(1)} does not count: ${why(reason)}`);
    const onTransmit = () => this.#show({ octets, verb: "Sent", from: lane.local, to: lane.remote }, octets);
    return await sendRequest({ lane, octets, secret, tries, timeoutMs, stopped, onTransmit, onIgnored });
  }

  #show(packet: Omit<PacketToShow, "authenticator">, request: Buffer): void {
    const { dictionary, secret, options, print } = this.#all;
    const authenticator = request.subarray(4, 20);
    print(packetText({ ...packet, authenticator }, { dictionary, secret, detail: options.detail }));
  }

  #tell(answer: Answer, lane: UdpLane, request: Buffer): void {
    if (answer.kind === "reply") {
      this.#show({ octets: answer.packet.octets, verb: "Received", from: lane.remote, to: lane.local }, request);
      return;
    }
    const where = answer.kind === "unreachable" ? ": nothing listens there" : "";
    this.#all.complain(`no answer from ${lane.remote} to Id ${request.readUInt8(1)}${where}`);
  }

  #count({ filter }: PlannedRequest, answer: Answer, authenticator: Buffer): void {
    if (answer.kind !== "reply") {
      this.#tally.lost += 1;
      return;
    }
    const { packet } = answer;
    const { secret, dictionary, complain } = this.#all;
    this.#tally[isPositive(packet.code) ? "accepted" : "rejected"] += 1;
    const attributes = decodeAttributes(dictionary, packet.attributes, { secret, authenticator });
    const missed = filter === undefined ? [] : missedBy(dictionary, filter, { code: packet.code, attributes });
    if (missed.length > 0) complain(`the reply to Id ${packet.identifier} does not hold ${missed.join(", ")}`);
    const hasPassed = filter === undefined ? isPositive(packet.code) : missed.length === 0;
    this.#tally[hasPassed ? "passedFilter" : "failedFilter"] += 1;
  }
}

const why = (reason: string): string => (reason.includes("authenticator") ? `${reason} (another secret?)` : reason);

const serverAt = (address: string): ServerAddress => ({ address, family: isIPv6(address) ? 6 : 4 });

function* repeated({ requests, options }: Requests): Generator<Numbered> {
  for (const [number, request] of requests.entries())
    for (let sent = 0; sent < options.count; sent += 1) yield { request, number };
}

/** Sends everything, as many at once as asked for, and counts what became of it. Throws for a packet that cannot be made. */
export async function runRequests(all: Requests): Promise<Tally> {
  const tally = emptyTally();
  const queue = repeated(all);
  const { options, stopped } = all;
  const pace = createPace(options.perSecond, stopped);
  const work = async () => {
    const lane = new Lane(all, tally);
    try {
      for (const request of queue) {
        await pace();
        if (stopped.aborted) return;
        await lane.send(request);
      }
    } finally {
      lane.close();
    }
  };
  const most = Math.min(options.parallel, all.requests.length * options.count);
  await Promise.all(Array.from({ length: most }, work));
  return tally;
}
