import type { RemoteInfo } from "node:dgram";
import type { Packet } from "../radius/packet.ts";

/** What tells a retransmission from a new request (RFC 5080 section 2.2.2). */
export const requestKey = (packet: Packet, { address, port }: Pick<RemoteInfo, "address" | "port">): string =>
  `${address} ${port} ${packet.identifier} ${packet.authenticator.toString("hex")}`;

/** Answers that were given, the newest so many of them. */
export interface AnswerMemory {
  get(key: string): Buffer | undefined;
  keep(key: string, answer: Buffer): void;
}

const MOST_ANSWERS = 20_000;

export function createAnswerMemory(): AnswerMemory {
  const answers = new Map<string, Buffer>();
  return {
    get: (key) => answers.get(key),
    keep: (key, answer) => {
      answers.set(key, answer);
      const [oldest] = answers.keys();
      if (answers.size > MOST_ANSWERS && oldest !== undefined) answers.delete(oldest);
    },
  };
}
