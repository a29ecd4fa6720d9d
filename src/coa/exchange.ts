import type { Outcome, OutcomeDetail } from "../enforcement/outcome.ts";
import { firstValue } from "../radius/attribute-values.ts";
import { Code } from "../radius/code.ts";
import type { Packet } from "../radius/packet.ts";
import { verifyResponse } from "../radius/verify-packet.ts";
import type { CoaPort } from "./coa-port.ts";

const ERROR_CAUSE = 101;
const EVENT_TIMESTAMP = 55;
/** RFC 5176 section 3.3: the default window in which a timestamp counts as current. */
const CURRENT_WITHIN_S = 300;
/**
 * ICMP is a hint and proves nothing: the NAS may be just coming up, and anybody on the way can make one. So the first
 * one changes nothing, the genuine answer to a retransmission still counts, and only a second one after that
 * retransmission ends the waiting early. Either way the outcome is "unreachable" where nothing better comes.
 */
const REFUSALS_THAT_SETTLE = 2;
/** No cause comes near it (RFC 5176 section 3.6), and whoever stores one has 32 bits with a sign. */
const LARGEST_ERROR_CAUSE = 0x7fff_ffff;

export interface Exchange {
  readonly port: CoaPort;
  readonly octets: Buffer;
  readonly secret: Buffer;
  /** How long to wait after each transmission; as many transmissions as waits. */
  readonly waitsMs: readonly number[];
  readonly now: () => Date;
  /** Asked before each transmission; false ends the waiting, too. */
  readonly mayTransmit: () => boolean;
  readonly onTransmit: () => void;
  /** Calls `depart` when a retransmission may leave; returns how to call it off. */
  readonly paceAgain: (depart: () => void) => () => void;
  readonly onIgnored: (reason: "wrong-code" | "not-authentic" | "stale") => void;
  /** Resolves with no-answer when the client stops. */
  readonly stopped: AbortSignal;
}

function detailOf(packet: Packet): OutcomeDetail {
  if (packet.code === Code.CoaAck || packet.code === Code.DisconnectAck) return { kind: "acknowledged" };
  const octets = firstValue(packet, ERROR_CAUSE);
  const errorCause = octets?.length === 4 ? octets.readUInt32BE(0) : Number.POSITIVE_INFINITY;
  return errorCause <= LARGEST_ERROR_CAUSE ? { kind: "refused", errorCause } : { kind: "refused" };
}

function isStale(packet: Packet, now: Date): boolean {
  const stamp = firstValue(packet, EVENT_TIMESTAMP);
  return stamp?.length === 4 && Math.abs(stamp.readUInt32BE(0) - now.getTime() / 1000) > CURRENT_WITHIN_S;
}

/**
 * Sends one request, the same octets from the same port each time, until a genuine answer comes or the waits are over.
 * A forged, malformed or stale datagram changes nothing for the request: the genuine answer may still come.
 */
export function exchange(request: Exchange): Promise<Outcome> {
  const { port, octets, secret, waitsMs, now } = request;
  const identifier = octets.readUInt8(1);
  const asked = { identifier, code: octets.readUInt8(0), authenticator: octets.subarray(4, 20) };
  const sentAt = now();
  let turn = 0;
  let attempts = 0;
  let refusals = 0;
  let refusedAttempt = 0;
  let forged: Buffer | undefined;
  let timer: NodeJS.Timeout | undefined;
  let callOff = () => {};
  return new Promise((resolve) => {
    const finish = (detail: OutcomeDetail, response?: Buffer) => {
      clearTimeout(timer);
      callOff();
      port.forget(identifier);
      request.stopped.removeEventListener("abort", giveUp);
      resolve({ ...detail, attempts, sentAt, ...(response && { answeredAt: now(), response: Buffer.from(response) }) });
    };
    const giveUp = () => {
      if (forged) return finish({ kind: "not-authentic" }, forged);
      return finish(refusals > 0 ? { kind: "unreachable" } : { kind: "no-answer" });
    };
    const transmit = () => {
      if (!request.mayTransmit()) return giveUp();
      attempts += 1;
      request.onTransmit();
      return port.send(octets);
    };
    const takeTurn = () => {
      const waitMs = waitsMs[turn];
      if (waitMs === undefined) return giveUp();
      turn += 1;
      timer = setTimeout(takeTurn, waitMs);
      if (turn === 1) return transmit();
      // What found no room until now is left out: the next one is the same octets, and is due.
      callOff();
      callOff = request.paceAgain(transmit);
    };
    port.expect(identifier, {
      refused: () => {
        // Requests of one port share its ICMP messages: what another one's transmission met is not told twice.
        if (refusedAttempt === attempts) return;
        refusedAttempt = attempts;
        refusals += 1;
        if (refusals >= REFUSALS_THAT_SETTLE) giveUp();
      },
      reply: (packet) => {
        const verdict = verifyResponse(packet, asked, secret);
        if (!verdict.ok && verdict.reason === "wrong-code") return request.onIgnored("wrong-code");
        if (!verdict.ok) {
          forged = Buffer.from(packet.octets);
          return request.onIgnored("not-authentic");
        }
        if (isStale(packet, now())) return request.onIgnored("stale");
        return finish(detailOf(packet), packet.octets);
      },
    });
    request.stopped.addEventListener("abort", giveUp, { once: true });
    if (request.stopped.aborted) giveUp();
    else takeTurn();
  });
}
