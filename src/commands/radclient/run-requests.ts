import type { Dictionary } from "../../dictionary/dictionary.ts";
import { decodeAttributes } from "../../radius/decode-attributes.ts";
import { buildRequest } from "./build-request.ts";
import type { Options } from "./options.ts";
import { packetText } from "./packet-text.ts";
import { isPositive } from "./packet-type.ts";
import type { PlannedRequest } from "./plan-requests.ts";
import { missedBy } from "./reply-filter.ts";
import { type Answer, sendRequest } from "./send-request.ts";
import { emptyTally, type Tally } from "./tally.ts";
import { openUdpLane, type UdpLane } from "./udp-lane.ts";

export interface Requests {
  readonly requests: readonly PlannedRequest[];
  readonly options: Options;
  readonly address: { readonly address: string; readonly family: 4 | 6 };
  readonly secret: Buffer;
  readonly dictionary: Dictionary;
  readonly randomOctets: (count: number) => Buffer;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Set when no further request is to be sent. */
  readonly stopped: AbortSignal;
}

/** One row of requests, one after the other: a port of its own towards each port of the server, and its identifiers. */
class Lane {
  readonly #all: Requests;
  readonly #tally: Tally;
  readonly #sockets = new Map<number, UdpLane>();
  #identifier: number;

  constructor(all: Requests, tally: Tally) {
    this.#all = all;
    this.#tally = tally;
    this.#identifier = all.options.identifier ?? all.randomOctets(1).readUInt8();
  }

  async #socket({ port, defaultPort }: PlannedRequest): Promise<UdpLane> {
    const to = port ?? defaultPort;
    const open = this.#sockets.get(to) ?? (await openUdpLane({ ...this.#all.address, port: to }));
    this.#sockets.set(to, open);
    return open;
  }

  async send(request: PlannedRequest): Promise<void> {
    const { options, secret, dictionary, randomOctets, print, complain } = this.#all;
    const identifier = this.#identifier;
    this.#identifier = (identifier + 1) % 256;
    const wish = { ...request, messageAuthenticator: options.messageAuthenticator };
    const octets = buildRequest(wish, { dictionary, secret, identifier, randomOctets });
    const lane = await this.#socket(request);
    const authenticator = octets.subarray(4, 20);
    const showing = { dictionary, secret, detail: options.detail };
    const ends = { from: lane.local, to: lane.remote };
    const answer = await sendRequest({
      lane,
      octets,
      secret,
      tries: options.tries,
      timeoutMs: options.timeoutMs,
      onTransmit: () => print(packetText({ octets, verb: "Sent", ...ends, authenticator }, showing)),
      onIgnored: (reason) =>
        complain(`an answer from ${lane.remote} to Id ${identifier} does not count: ${why(reason)}`),
    });
    if (answer.kind === "reply") {
      const back = { octets: answer.packet.octets, from: lane.remote, to: lane.local, authenticator };
      print(packetText({ verb: "Received", ...back }, showing));
    } else
      complain(
        `no answer from ${lane.remote} to Id ${identifier}${answer.kind === "unreachable" ? ": nothing listens there" : ""}`,
      );
    this.#count(request, answer, authenticator);
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

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
  }
}

const why = (reason: string): string => (reason.includes("authenticator") ? `${reason} (another secret?)` : reason);

function* repeated({ requests, options }: Requests): Generator<PlannedRequest> {
  for (const request of requests) for (let sent = 0; sent < options.count; sent += 1) yield request;
}

/** Sends everything, as many at once as asked for, and counts what became of it. Throws PacketSyntaxError. */
export async function runRequests(all: Requests): Promise<Tally> {
  const tally = emptyTally();
  const queue = repeated(all);
  const work = async () => {
    const lane = new Lane(all, tally);
    try {
      for (const request of queue) {
        if (all.stopped.aborted) return;
        await lane.send(request);
      }
    } finally {
      lane.close();
    }
  };
  const most = Math.min(all.options.parallel, all.requests.length * all.options.count);
  await Promise.all(Array.from({ length: most }, work));
  return tally;
}
