import { type Profile, unrestricted } from "../enforcement/profile.ts";
import { Code } from "../radius/code.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { type AccessRequest, type AccessResult, answer } from "./access.ts";
import type { AccessMethod } from "./access-method.ts";
import type { RejectReason } from "./decide-login.ts";
import { type JournalDependencies, journalLogin } from "./journal-login.ts";
import { failureAttributes } from "./method-answer.ts";
import { replyMessages } from "./reply-message.ts";

const REPLY_MESSAGE = 18;

export interface RejectDependencies extends JournalDependencies {
  readonly randomOctets: (count: number) => Buffer;
}

export interface RejectedLogin {
  readonly request: AccessRequest;
  readonly method: AccessMethod;
  readonly reason: RejectReason;
  readonly subscriberId?: string;
  readonly profile?: Profile;
  /** The profile was not read from the database: nor is anything written to it. */
  readonly isRemembered?: boolean;
}

/** An Access-Reject that tells the customer what to do, as far as the method has room for it. */
export async function rejectLogin(dependencies: RejectDependencies, login: RejectedLogin): Promise<AccessResult> {
  const { request, method, reason } = login;
  const message = replyMessages[reason];
  const isForbidden = reason === "suspended" || reason === "terminated";
  const challenge = dependencies.randomOctets(16);
  const failure = failureAttributes(method, { error: isForbidden ? 647 : 691, message, challenge });
  // RFC 3579 section 2.6.5: never beside an EAP-Message.
  const text: RawAttribute[] = method.kind === "eap" ? [] : [{ type: REPLY_MESSAGE, value: Buffer.from(message) }];
  const result = answer(Code.AccessReject, request, [...failure, ...text]);
  if (isForbidden && !login.isRemembered) await journalLogin(dependencies, { profile: unrestricted, ...login, result });
  return result;
}
