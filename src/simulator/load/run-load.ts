import { Code } from "../../radius/code.ts";
import { decodePacket } from "../../radius/decode-packet.ts";
import { verifyResponse } from "../../radius/verify-packet.ts";
import type { LoadFigures, LoadOrder } from "./load-order.ts";
import { type Answered, LoadWindow } from "./load-window.ts";
import { prepareAccess, prepareAccounting } from "./prepared-request.ts";

const NAS_ADDRESS = "127.0.0.1";

/** The code of an authentic answer. */
function answerCode({ request, answer }: Answered, secret: Buffer): number | undefined {
  const decoded = decodePacket(answer);
  if (!decoded.ok) return undefined;
  const asked = { authenticator: request.subarray(4, 20), identifier: request[1] ?? 0, code: request[0] ?? 0 };
  return verifyResponse(decoded.packet, asked, secret).ok ? decoded.packet.code : undefined;
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function latencies(answered: readonly Answered[]) {
  const sorted = Float64Array.from(answered, ({ latencyMs }) => latencyMs).sort();
  const at = (share: number) => rounded(sorted[Math.floor((sorted.length - 1) * share)] ?? 0, 2);
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) };
}

/** Prepares all requests, sends them with so many outstanding, and only then checks the answers, off the clock. */
export async function runLoad(order: LoadOrder): Promise<LoadFigures> {
  const secret = Buffer.from(order.secret, "utf8");
  const prepare = order.kind === "accounting" ? prepareAccounting : prepareAccess;
  const preparation = { secret, sessions: order.sessions, nasAddress: NAS_ADDRESS };
  const requests = Array.from({ length: order.packets }, (_, place) => prepare(place, preparation));
  const result = await new LoadWindow({ ...order, requests }).run();
  const codes = result.answered.map((one) => answerCode(one, secret));
  const count = (...wanted: (number | undefined)[]) => codes.filter((code) => wanted.includes(code)).length;
  const rejected = count(Code.AccessReject);
  const bad = count(undefined);
  return {
    sent: result.sent,
    answered: codes.length,
    accepted: codes.length - rejected - bad,
    rejected,
    retransmits: result.retransmits,
    lost: result.lost,
    bad: bad + result.unasked,
    seconds: rounded(result.seconds, 3),
    perSecond: Math.round(codes.length / Math.max(result.seconds, 1e-6)),
    ...latencies(result.answered),
  };
}
