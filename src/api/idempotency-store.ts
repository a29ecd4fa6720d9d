import type { Queryable } from "../database/database.ts";

/** Which request of which key: what an Idempotency-Key is unique within. */
export interface RequestName {
  readonly keyId: string;
  readonly idempotencyKey: string;
}

export interface Claim extends RequestName {
  /** Names this attempt, so that one whose claim ran out cannot answer for the one that took over. */
  readonly claim: string;
}

export interface StoredRequest {
  readonly requestSha256: Buffer | null;
  readonly status: number | null;
  readonly contentType: string | null;
  readonly answerSealed: Buffer | null;
}

/** How long an answer is kept, and how long a claim holds without being renewed. */
const KEPT_HOURS = 24;
const CLAIM_SECONDS = 30;

/**
 * Claims the right to run a request: true when nobody ran it within the last day, or when whoever did died over it.
 * Times are the database's, which all nodes share.
 */
export async function claimRequest(on: Queryable, claim: Claim, requestSha256: Buffer | null): Promise<boolean> {
  const rows = await on.query(
    `insert into idempotent_request as known (key_id, idempotency_key, request_sha256, claim, claimed_until)
     values ($1, $2, $3, $4, now() + make_interval(secs => $5))
     on conflict (key_id, idempotency_key) do update
       set request_sha256 = excluded.request_sha256, claim = excluded.claim, claimed_until = excluded.claimed_until,
           status = null, content_type = null, answer_sealed = null, created_at = now()
       where known.created_at < now() - make_interval(hours => $6) or
         (known.status is null and known.claimed_until < now() and
          (known.request_sha256 is null or known.request_sha256 = excluded.request_sha256))
     returning known.key_id`,
    [claim.keyId, claim.idempotencyKey, requestSha256, claim.claim, CLAIM_SECONDS, KEPT_HOURS],
  );
  return rows.length > 0;
}

export async function storedRequest(on: Queryable, name: RequestName): Promise<StoredRequest | undefined> {
  const [row] = await on.query<StoredRequest>(
    `select known.request_sha256 as "requestSha256", known.status, known.content_type as "contentType",
       known.answer_sealed as "answerSealed"
     from idempotent_request as known where known.key_id = $1 and known.idempotency_key = $2`,
    [name.keyId, name.idempotencyKey],
  );
  return row;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly sealed: Buffer;
  readonly requestSha256: Buffer;
}

/** Keeps the answer for whoever asks the same again. */
export async function storeAnswer(on: Queryable, claim: Claim, answer: Answer): Promise<void> {
  await on.query(
    `update idempotent_request set status = $4, content_type = $5, answer_sealed = $6, request_sha256 = $7
     where key_id = $1 and idempotency_key = $2 and claim = $3`,
    [
      claim.keyId,
      claim.idempotencyKey,
      claim.claim,
      answer.status,
      answer.contentType,
      answer.sealed,
      answer.requestSha256,
    ],
  );
}

/** Nothing was done, or it is not known what: the same request may be tried again. */
export async function releaseClaim(on: Queryable, claim: Claim): Promise<void> {
  await on.query(
    "delete from idempotent_request where key_id = $1 and idempotency_key = $2 and claim = $3 and status is null",
    [claim.keyId, claim.idempotencyKey, claim.claim],
  );
}

/** Keeps claims of requests that take long. */
export async function renewClaims(on: Queryable, claims: readonly string[]): Promise<void> {
  await on.query(
    `update idempotent_request set claimed_until = now() + make_interval(secs => $2)
     where claim = any ($1::uuid[]) and status is null`,
    [claims, CLAIM_SECONDS],
  );
}

/** Forgets what was kept long enough. */
export async function forgetOldRequests(on: Queryable): Promise<void> {
  await on.query("delete from idempotent_request where created_at < now() - make_interval(hours => $1)", [KEPT_HOURS]);
}
