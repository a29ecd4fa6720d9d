import type { AccessRequest, AccessResult } from "../authorization/access.ts";
import type { Nas } from "../nas/nas.ts";
import { allAttributes } from "../radius/attribute-values.ts";
import { Code } from "../radius/code.ts";
import { encodeResponse } from "../radius/encode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import { readAccounting } from "../session/read-accounting.ts";
import { SessionError } from "../session/session-error.ts";
import type { SessionRecorder } from "../session/session-recorder.ts";
import type { DropReason } from "./drop-reason.ts";
import type { PortMetrics } from "./listener-metrics.ts";

/** A request whose sender is proven as far as RADIUS can. */
export interface Request {
  readonly packet: Packet;
  readonly nas: Nas;
  readonly receivedAt: Date;
}

export type Handled =
  | { readonly kind: "reply"; readonly code: number; readonly octets: Buffer }
  | { readonly kind: "drop"; readonly reason: DropReason };

/** Works on one kind of request. Rejects only on what nobody expected. */
export type Handler = (request: Request) => Promise<Handled>;

const PROXY_STATE = 33;
const drop = (reason: DropReason): Handled => ({ kind: "drop", reason });

/** A reply with nothing in it but the request's Proxy-States (RFC 2865 section 5.33). */
function bareReply({ packet, nas }: Request, code: number, messageAuthenticator: boolean): Handled {
  const attributes = allAttributes(packet, PROXY_STATE);
  return {
    kind: "reply",
    code,
    octets: encodeResponse({ code, request: packet, attributes, secret: nas.secret, messageAuthenticator }),
  };
}

/** RFC 5997 section 4: answered as the port answers when all is well, with a Message-Authenticator. */
export const statusHandler =
  (code: number): Handler =>
  async (request) =>
    bareReply(request, code, true);

export interface AccountingDependencies {
  readonly recorder: Pick<SessionRecorder, "record" | "recordRestart">;
  /** Sees to it that an accounting record goes on, once it is ours. Rejects when that is not sure, having told why. */
  readonly forward?: (request: Request) => Promise<void>;
  readonly metrics: PortMetrics;
}

/** RFC 2866 section 3: acknowledged once recorded, and once it is sure to go on to the upstream; only then. */
export function accountingHandler({ recorder, forward, metrics }: AccountingDependencies): Handler {
  return async (request) => {
    const reading = readAccounting(request.packet, request.nas, request.receivedAt);
    if (!reading.ok) return drop(reading.reason);
    try {
      if ("event" in reading) await recorder.record(reading.event);
      else if ("restart" in reading) await recorder.recordRestart(reading.restart);
      else metrics.unrecorded(reading.unrecorded);
    } catch (error) {
      if (error instanceof SessionError) return drop(error.code);
      throw error;
    }
    try {
      await forward?.(request);
    } catch {
      // Ours it is, and it will be taken for a repetition: the NAS sends it again, and then it goes on.
      return drop("unavailable");
    }
    // None in an Accounting-Response: implementations disagree on how to compute it there.
    return bareReply(request, Code.AccountingResponse, false);
  };
}

/** What decides on logins; authorization/ implements it. */
export interface AccessDecider {
  authorize(request: AccessRequest): Promise<AccessResult>;
}

/** The Message-Authenticator goes first into every answer (CVE-2024-3596). */
export function accessHandler(authorizer: AccessDecider): Handler {
  return async (request) => {
    const result = await authorizer.authorize(request);
    if (result.kind === "drop") return result;
    const { code, attributes } = result;
    const { packet, nas } = request;
    const octets = encodeResponse({
      code,
      request: packet,
      attributes,
      secret: nas.secret,
      messageAuthenticator: true,
    });
    return { kind: "reply", code, octets };
  };
}
