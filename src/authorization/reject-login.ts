import { Code } from "../radius/code.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { type AccessRequest, type AccessResult, answer } from "./access.ts";
import type { AccessMethod } from "./access-method.ts";
import type { RejectReason } from "./decide-login.ts";
import { failureAttributes } from "./method-answer.ts";
import { replyMessages } from "./reply-message.ts";

const REPLY_MESSAGE = 18;

export interface RejectedLogin {
  readonly request: AccessRequest;
  readonly method: AccessMethod;
  readonly reason: RejectReason;
  /** 16 octets for MS-CHAP-Error. */
  readonly challenge: Buffer;
}

/** An Access-Reject that tells the customer what to do, as far as the method has room for it. */
export function rejectLogin({ request, method, reason, challenge }: RejectedLogin): AccessResult {
  const message = replyMessages[reason];
  const isDisabled = reason === "suspended" || reason === "terminated";
  const failure = failureAttributes(method, { error: isDisabled ? 647 : 691, message, challenge });
  // RFC 3579 section 2.6.5: never beside an EAP-Message.
  const text: RawAttribute[] = method.kind === "eap" ? [] : [{ type: REPLY_MESSAGE, value: Buffer.from(message) }];
  return answer(Code.AccessReject, request, [...failure, ...text]);
}
