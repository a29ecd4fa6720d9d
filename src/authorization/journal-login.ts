import { type Profile, profileDigest } from "../enforcement/profile.ts";
import { encodeResponse } from "../radius/encode-packet.ts";
import type { AccessRequest, AccessResult } from "./access.ts";
import type { AccessJournal } from "./access-journal.ts";
import type { HiddenAttributes } from "./hidden-attributes.ts";

export interface JournalDependencies {
  readonly journal: AccessJournal;
  readonly hidden: HiddenAttributes;
}

export interface LoginToJournal {
  readonly request: AccessRequest;
  readonly subscriberId?: string;
  /** What had a say in the answer. */
  readonly profile: Profile;
  readonly reason: string;
  readonly result: AccessResult;
}

/** Puts an answer on record that a profile had a say in, with its octets unless they carry keys; others are nothing special. */
export async function journalLogin(
  { journal, hidden }: JournalDependencies,
  { request, subscriberId, profile, reason, result }: LoginToJournal,
): Promise<void> {
  const digest = profileDigest(profile);
  if (digest === null || subscriberId === undefined || result.kind !== "answer") return;
  const { packet, nas, receivedAt } = request;
  const { code, attributes } = result;
  // The very octets that the listener sends: nothing in them is random.
  const response = attributes.some(hidden.isHidden)
    ? undefined
    : encodeResponse({ code, request: packet, attributes, secret: nas.secret, messageAuthenticator: true });
  await journal.record({
    subscriberId,
    nasId: nas.id,
    reason,
    at: receivedAt,
    profile,
    digest,
    ...(response && { response }),
  });
}
