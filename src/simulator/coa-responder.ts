import type { RemoteInfo } from "node:dgram";
import type { Attribute } from "../radius/attribute.ts";
import { firstValue } from "../radius/attribute-values.ts";
import { Code } from "../radius/code.ts";
import { decodeAttributes } from "../radius/decode-attributes.ts";
import { decodePacket } from "../radius/decode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { verifyRequest } from "../radius/verify-packet.ts";
import { createAnswerMemory, requestKey } from "./answer-memory.ts";
import type { DropReason } from "./bng-event.ts";
import type { BngOptions } from "./bng-options.ts";
import { encodeCoaAnswer } from "./coa-answer.ts";
import { type CoaCounts, createCoaCounter } from "./coa-counts.ts";
import type { Line } from "./line.ts";
import type { LineSession } from "./line-session.ts";
import { nasAttributes } from "./nas-identity.ts";
import type { KnownSession, Verdict } from "./personality.ts";
import type { SessionIndex } from "./session-index.ts";
import { refused } from "./verdicts.ts";

const EVENT_TIMESTAMP = 55;
/** RFC 5176 section 3.3. */
const CURRENT_WITHIN_S = 300;

/** Answers Disconnect- and CoA-Requests as its personality does. */
export interface CoaResponder {
  receive(datagram: Buffer, from: RemoteInfo): void;
  counts(): CoaCounts;
  stop(): void;
}

export interface CoaResponderParts {
  readonly options: BngOptions;
  readonly sessions: SessionIndex<LineSession>;
  readonly lineOf: (number: number) => Line | undefined;
  readonly send: (octets: Buffer, to: RemoteInfo) => void;
}

interface Work {
  readonly packet: Packet;
  readonly from: RemoteInfo;
  readonly key: string;
  readonly attributes: readonly Attribute[];
  readonly asks: "coa" | "disconnect";
}

export function createCoaResponder({ options, sessions, lineOf, send }: CoaResponderParts): CoaResponder {
  const { clock, dictionary, faults, personality, random, tell } = options;
  const secret = Buffer.from(options.secret, "utf8");
  const self = new Map(nasAttributes(options.nas).map(({ name, value }) => [name, String(value)]));
  const memory = createAnswerMemory();
  const counter = createCoaCounter();
  const underWay = new Map<string, { readonly session: string; readonly cancel: () => void }>();

  const drop = (reason: DropReason) => {
    counter.drop(reason);
    tell({ kind: "dropped", at: clock.now(), reason });
  };
  const isStale = (packet: Packet): boolean => {
    const stamp = firstValue(packet, EVENT_TIMESTAMP);
    if (!personality.checksEventTimestamp || stamp?.length !== 4) return false;
    return Math.abs(stamp.readUInt32BE(0) - clock.now().getTime() / 1000) > CURRENT_WITHIN_S;
  };
  const verdictOn = ({ attributes, asks }: Work): Verdict => {
    if (faults.refusePercent > 0 && random() * 100 < faults.refusePercent) return refused(faults.refuseCause);
    const matching = (names: readonly string[]): KnownSession[] => sessions.matching(attributes, names);
    return personality.answer({ kind: asks, attributes, self, matching });
  };
  const carryOut = (verdict: Verdict, asks: Work["asks"]): LineSession[] => {
    if (verdict.kind === "silent") return [];
    const all: readonly KnownSession[] =
      verdict.kind === "acknowledged" ? verdict.sessions : verdict.changes.map(({ session }) => session);
    const concerned = all.flatMap((one) => sessions.own(one) ?? []);
    for (const { session, state } of verdict.changes) sessions.own(session)?.become(state);
    for (const { line } of concerned) {
      if (asks === "disconnect" && verdict.kind === "acknowledged") lineOf(line)?.disconnected();
      else if (verdict.changes.length > 0 && personality.reportsChanges) void lineOf(line)?.report();
    }
    return concerned;
  };
  const report = (work: Work, verdict: Verdict, concerned: readonly LineSession[]) => {
    if (verdict.kind === "acknowledged" || verdict.kind === "silent") counter.count(verdict.kind);
    else {
      counter.count("refused");
      counter.refusedFor(verdict.errorCause);
    }
    const [first] = concerned;
    tell({
      kind: "request",
      at: clock.now(),
      lines: concerned.map(({ line }) => line),
      asks: work.asks,
      attributes: work.attributes,
      request: work.packet.octets.toString("hex"),
      verdict: verdict.kind,
      ...(verdict.kind === "refused" && verdict.errorCause !== undefined && { errorCause: verdict.errorCause }),
      isChanged: verdict.kind !== "silent" && verdict.changes.length > 0,
      ...(first && { inForce: first.state.inForce }),
    });
  };
  const work = (one: Work) => {
    underWay.delete(one.key);
    const verdict = verdictOn(one);
    const answer = encodeCoaAnswer(one.packet, verdict, { options, secret });
    if (answer && personality.remembersAnswers) memory.keep(one.key, answer);
    // The answer is on its way before accounting tells what came of it.
    if (answer) send(answer, one.from);
    report(one, verdict, carryOut(verdict, one.asks));
  };
  const take = (packet: Packet, from: RemoteInfo) => {
    const key = requestKey(packet, from);
    if (underWay.has(key)) return drop("under-way");
    const known = memory.get(key);
    if (known) {
      counter.count("repeated");
      return send(known, from);
    }
    const attributes = decodeAttributes(dictionary, packet.attributes, { secret, authenticator: Buffer.alloc(16) });
    const session = String(attributes.find(({ name }) => name === "Acct-Session-Id")?.value ?? "");
    const isBusy = [...underWay.values()].some((other) => other.session === session);
    if (personality.dropsWhileBusy && isBusy) return drop("busy");
    const asks = packet.code === Code.CoaRequest ? "coa" : "disconnect";
    const one: Work = { packet, from, key, attributes, asks };
    if (faults.workMs === 0) return work(one);
    underWay.set(key, { session, cancel: clock.after(faults.workMs, () => work(one)) });
  };
  return {
    receive: (datagram, from) => {
      counter.received();
      const decoded = decodePacket(datagram);
      if (!decoded.ok) return drop("malformed");
      const { packet } = decoded;
      if (packet.code !== Code.CoaRequest && packet.code !== Code.DisconnectRequest) return drop("not-a-request");
      if (!verifyRequest(packet, secret).ok) return drop("bad-authenticator");
      if (isStale(packet)) return drop("stale");
      return take(packet, from);
    },
    counts: counter.counts,
    stop: () => {
      for (const { cancel } of underWay.values()) cancel();
      underWay.clear();
    },
  };
}
