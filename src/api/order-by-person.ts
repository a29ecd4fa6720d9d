import { regenerateNow } from "../authorization/password-change.ts";
import { lockCase } from "../cases/case-store.ts";
import type { Queryable, Transaction } from "../database/database.ts";
import type { Measure, MeasureDetail } from "../enforcement/measure.ts";
import { orderMeasure, type PersonalOrder } from "../enforcement/order-measure.ts";
import { endPasswordRegeneration, markPasswordRegenerated } from "../enforcement/regenerate-password.ts";
import type { Nas } from "../nas/nas.ts";
import { openSessionsOf } from "../session/session-store.ts";
import type { CredentialStore } from "../subscriber/credential-store.ts";
import { subscriberById } from "../subscriber/subscriber-store.ts";
import { ApiError } from "./errors.ts";
import { noLocalCredentials } from "./no-local-credentials.ts";

export interface OrderDependencies {
  readonly nasDirectory: { byId(id: string): Nas | undefined };
  readonly credentials: CredentialStore;
  /** Passwords are checked by upstream servers, not here. */
  readonly isUpstreamAuthenticating: boolean;
  /** Why a NAS's vendor cannot express a measure; undefined: it can. */
  readonly supportedMeasure: (nas: Nas, detail: MeasureDetail) => undefined | { readonly detail: string };
}

/**
 * Orders a measure as a person does, in one transaction with everything that it needs. Throws ApiError
 * unknown-subscriber, unknown-case, unsupported-by-vendor, no-credential, no-local-credentials: then nothing is to be
 * kept of it.
 */
export async function orderByPerson(
  trx: Transaction,
  order: PersonalOrder,
  dependencies: OrderDependencies,
): Promise<{ readonly measure: Measure; readonly changed: boolean }> {
  await checkSubscriber(trx, order, dependencies);
  if (order.caseId !== undefined) await checkCase(trx, order.caseId, order.subscriberId);
  await checkVendors(trx, order, dependencies);
  const ordered = await orderMeasure(trx, order);
  const { measure } = ordered;
  const isNow = measure.kind === "regenerate-password" && measure.params.when === "now" && measure.progress === "armed";
  if (!isNow || measure.state !== "active") return ordered;
  const { credentials } = dependencies;
  const change = { subscriberId: order.subscriberId, now: order.now };
  if (await regenerateNow(trx, change, { credentials, measure: { markPasswordRegenerated, endPasswordRegeneration } }))
    return ordered;
  throw noCredential(order.subscriberId);
}

const noCredential = (id: string) =>
  new ApiError("no-credential", `subscriber ${id} has no password here to regenerate`);

async function checkSubscriber(
  on: Queryable,
  { subscriberId, detail }: PersonalOrder,
  { isUpstreamAuthenticating }: OrderDependencies,
): Promise<void> {
  const subscriber = await subscriberById(on, subscriberId);
  if (!subscriber) throw new ApiError("unknown-subscriber", `there is no subscriber ${subscriberId}`);
  if (detail.kind !== "regenerate-password") return;
  if (isUpstreamAuthenticating) throw noLocalCredentials();
  if (!subscriber.hasCredential) throw noCredential(subscriberId);
}

async function checkCase(trx: Transaction, caseId: string, subscriberId: string): Promise<void> {
  const found = await lockCase(trx, caseId);
  if (found?.subscriberId === subscriberId) return;
  throw new ApiError("unknown-case", `subscriber ${subscriberId} has no case ${caseId}`);
}

/** Nothing is sent where any NAS that the subscriber is on now could not express it. */
async function checkVendors(
  on: Queryable,
  { subscriberId, detail }: PersonalOrder,
  { nasDirectory, supportedMeasure }: OrderDependencies,
): Promise<void> {
  const nasIds = new Set((await openSessionsOf(on, subscriberId)).map(({ nasId }) => nasId));
  for (const nasId of nasIds) {
    const nas = nasDirectory.byId(nasId);
    const refusal = nas && supportedMeasure(nas, detail);
    if (refusal) throw new ApiError("unsupported-by-vendor", `NAS ${nasId} (${nas.vendor}): ${refusal.detail}`);
  }
}
