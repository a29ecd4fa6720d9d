import { decodePacket } from "../../radius/decode-packet.ts";
import type { Packet } from "../../radius/packet.ts";
import { verifyResponse } from "../../radius/verify-packet.ts";
import type { UdpLane } from "./udp-lane.ts";

/** What became of a request. */
export type Answer =
  | { readonly kind: "reply"; readonly packet: Packet; readonly afterMs: number }
  | { readonly kind: "no-answer"; readonly attempts: number }
  /** Nobody answered, and the server's machine says that nobody listens there. */
  | { readonly kind: "unreachable" };

export interface Sending {
  readonly lane: UdpLane;
  readonly octets: Buffer;
  readonly secret: Buffer;
  /** Transmissions in all. */
  readonly tries: number;
  readonly timeoutMs: number;
  /** Set, it is as if nobody had answered. */
  readonly stopped?: AbortSignal;
  readonly onTransmit: (attempt: number) => void;
  /** Something came that is no genuine answer. */
  readonly onIgnored: (reason: string) => void;
}

/** Sends a request, the same octets each time, until a genuine answer comes or the tries are over. */
export function sendRequest({ lane, octets, secret, tries, timeoutMs, stopped, ...told }: Sending): Promise<Answer> {
  const asked = { code: octets.readUInt8(0), identifier: octets.readUInt8(1), authenticator: octets.subarray(4, 20) };
  const startedAt = performance.now();
  let attempts = 0;
  let wasRefused = false;
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve) => {
    const finish = (answer: Answer) => {
      clearTimeout(timer);
      stopped?.removeEventListener("abort", giveUp);
      lane.hear({ datagram: () => undefined, refused: () => undefined });
      resolve(answer);
    };
    const giveUp = () => finish({ kind: "no-answer", attempts });
    const transmit = () => {
      if (attempts === tries) return finish(wasRefused ? { kind: "unreachable" } : { kind: "no-answer", attempts });
      attempts += 1;
      told.onTransmit(attempts);
      timer = setTimeout(transmit, timeoutMs);
      lane.send(octets);
    };
    const datagram = (received: Buffer) => {
      const decoded = decodePacket(received);
      if (!decoded.ok) return told.onIgnored(decoded.reason);
      const verdict = verifyResponse(decoded.packet, asked, secret);
      if (!verdict.ok) return told.onIgnored(verdict.reason);
      return finish({ kind: "reply", packet: decoded.packet, afterMs: performance.now() - startedAt });
    };
    const refused = () => {
      wasRefused = true;
    };
    lane.hear({ datagram, refused });
    stopped?.addEventListener("abort", giveUp);
    transmit();
  });
}
