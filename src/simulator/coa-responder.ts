import type { RemoteInfo } from "node:dgram";
import { createAnswerMemory } from "./answer-memory.ts";
import type { BngEvent, DropReason } from "./bng-event.ts";
import type { BngOptions } from "./bng-options.ts";
import { encodeCoaAnswer } from "./coa-answer.ts";
import { type CoaCounter, type CoaCounts, createCoaCounter } from "./coa-counts.ts";
import { type CoaRequest, readCoaRequest } from "./coa-request.ts";
import type { Line } from "./line.ts";
import type { LineSession } from "./line-session.ts";
import { nasAttributes } from "./nas-identity.ts";
import type { KnownSession, Verdict } from "./personality.ts";
import type { SessionIndex } from "./session-index.ts";
import { refused } from "./verdicts.ts";

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

/** What the vendor makes of it, unless it refuses for no reason, as it is told to now and then. */
function verdictOn({ attributes, asks }: CoaRequest, { options, sessions }: CoaResponderParts): Verdict {
  const { faults, nas, personality, random } = options;
  if (faults.refusePercent > 0 && random() * 100 < faults.refusePercent) return refused(faults.refuseCause);
  const self = new Map(nasAttributes(nas).map(({ name, value }) => [name, String(value)]));
  const matching = (names: readonly string[]): KnownSession[] => sessions.matching(attributes, names);
  return personality.answer({ kind: asks, attributes, self, matching });
}

/** Changes and ends sessions as the verdict has it; returns those that it is about. */
function carryOut(verdict: Verdict, { asks }: CoaRequest, parts: CoaResponderParts): LineSession[] {
  if (verdict.kind === "silent") return [];
  const { options, sessions, lineOf } = parts;
  const all: readonly KnownSession[] =
    verdict.kind === "acknowledged" ? verdict.sessions : verdict.changes.map(({ session }) => session);
  const concerned = all.flatMap((one) => sessions.own(one) ?? []);
  for (const { session, state } of verdict.changes) sessions.own(session)?.become(state);
  for (const { line } of concerned) {
    if (asks === "disconnect" && verdict.kind === "acknowledged") lineOf(line)?.disconnected();
    else if (verdict.changes.length > 0 && options.personality.reportsChanges) void lineOf(line)?.report();
  }
  return concerned;
}

function countVerdict(counter: CoaCounter, verdict: Verdict): void {
  counter.count(verdict.kind);
  if (verdict.kind === "refused") counter.refusedFor(verdict.errorCause);
}

function requestEvent(
  { attributes, asks, packet }: CoaRequest,
  verdict: Verdict,
  { at, concerned }: { readonly at: Date; readonly concerned: readonly LineSession[] },
): BngEvent {
  const [first] = concerned;
  return {
    kind: "request",
    at,
    lines: concerned.map(({ line }) => line),
    asks,
    attributes,
    request: packet.octets.toString("hex"),
    verdict: verdict.kind,
    ...(verdict.kind === "refused" && verdict.errorCause !== undefined && { errorCause: verdict.errorCause }),
    isChanged: verdict.kind !== "silent" && verdict.changes.length > 0,
    ...(first && { inForce: first.state.inForce }),
  };
}

export function createCoaResponder(parts: CoaResponderParts): CoaResponder {
  const { options, send } = parts;
  const { clock, faults, personality, tell } = options;
  const secret = Buffer.from(options.secret, "utf8");
  const memory = createAnswerMemory();
  const counter = createCoaCounter();
  const underWay = new Map<string, { readonly session: string; readonly cancel: () => void }>();

  const drop = (reason: DropReason) => {
    counter.drop(reason);
    tell({ kind: "dropped", at: clock.now(), reason });
  };
  const work = (request: CoaRequest) => {
    underWay.delete(request.key);
    const verdict = verdictOn(request, parts);
    const answer = encodeCoaAnswer(request.packet, verdict, { options, secret });
    if (answer && personality.remembersAnswers) memory.keep(request.key, answer);
    // The answer is on its way before accounting tells what came of it.
    if (answer) send(answer, request.from);
    const concerned = carryOut(verdict, request, parts);
    countVerdict(counter, verdict);
    tell(requestEvent(request, verdict, { at: clock.now(), concerned }));
  };
  const take = (request: CoaRequest) => {
    const { from, key, session } = request;
    if (underWay.has(key)) return drop("under-way");
    const known = memory.get(key);
    if (known) {
      counter.count("repeated");
      return send(known, from);
    }
    const isBusy = [...underWay.values()].some((other) => other.session === session);
    if (personality.dropsWhileBusy && isBusy) return drop("busy");
    if (faults.workMs === 0) return work(request);
    underWay.set(key, { session, cancel: clock.after(faults.workMs, () => work(request)) });
  };
  return {
    receive: (datagram, from) => {
      counter.received();
      const read = readCoaRequest(datagram, from, { options, secret });
      return read.ok ? take(read.request) : drop(read.reason);
    },
    counts: counter.counts,
    stop: () => {
      for (const { cancel } of underWay.values()) cancel();
      underWay.clear();
    },
  };
}
