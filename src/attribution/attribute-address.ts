import type { Queryable } from "../database/database.ts";
import type { AddressHolding } from "../session/address-holding.ts";
import { sessionsHoldingEach } from "../session/address-interval-store.ts";
import { type Attribution, attribute, candidateSpan, type HeldInterval, type ObservedSpan } from "./attribute.ts";
import { disowned, type IsOwnAddress } from "./own-addresses.ts";

/** Who held this address then? `ip`: canonical text. */
export interface AddressQuestion extends ObservedSpan {
  readonly ip: string;
  /** Tells customers apart who share the address, if `protocol` is not one without ports. */
  readonly port?: number | undefined;
  readonly protocol?: string | undefined;
}

const intervalOf = (holding: AddressHolding): HeldInterval => ({
  subscriber: holding.subscriberId ?? null,
  subscriberExists: holding.hasSubscriber,
  session: holding.sessionId,
  from: holding.from,
  ...(holding.possiblyFrom && { possiblyFrom: holding.possiblyFrom }),
  to: holding.until ?? null,
  ...(holding.share && { share: holding.share }),
  ...(holding.heardUntil && { surelyTo: holding.heardUntil }),
});

const portOf = ({ port, protocol = "tcp" }: AddressQuestion): number | undefined =>
  protocol === "tcp" || protocol === "udp" ? port : undefined;

const nobodysOwn: IsOwnAddress = () => false;

/**
 * Answers all questions at once, in their order, with one query, however many they are. About addresses of the provider's
 * own the answer is never exact, as long as no NAT binding tells who used one.
 */
export async function attributeAddresses(
  on: Queryable,
  questions: readonly AddressQuestion[],
  isOwn: IsOwnAddress = nobodysOwn,
): Promise<Attribution[]> {
  if (questions.length === 0) return [];
  const asked = questions.map((question) => ({
    address: question.ip,
    port: portOf(question),
    ...candidateSpan(question),
  }));
  const held = await sessionsHoldingEach(on, asked);
  return questions.map((question, index) => {
    const intervals = (held[index] ?? []).map(intervalOf);
    const attribution = attribute(question, intervals);
    return isOwn(question.ip) ? disowned(question.ip, attribution) : attribution;
  });
}

/** Answers one question. */
export async function attributeAddress(
  on: Queryable,
  question: AddressQuestion,
  isOwn: IsOwnAddress = nobodysOwn,
): Promise<Attribution> {
  const [answer] = await attributeAddresses(on, [question], isOwn);
  if (!answer) throw new Error("a question has one answer");
  return answer;
}
