import type { Transaction } from "../database/database.ts";
import { bothImposed } from "./both-imposed-store.ts";
import { isClaimedBy, mayLive } from "./claim-store.ts";
import { imposedJson } from "./imposed.ts";
import { UNKNOWN_DIGEST } from "./next-move.ts";
import { outboxChannel } from "./outbox-store.ts";
import type { SessionResult } from "./result-store.ts";

/**
 * Of a run that lost its claim: who works on the session now may have been overtaken by what it sent. What the session runs
 * is not known from here on, and who holds its job loses it, too. Their time stays, so that nobody else sends a request
 * while theirs is under way, until they have recorded what came of it.
 */
const doubt = `overtaken as (
       select session.id, session.nas_id, session.subscriber_id, given.applied, given.imposed,
         session.applied_digest is distinct from given.applied_digest or given.applied_digest = '${UNKNOWN_DIGEST}' as is_other
       from given join session on session.id = given.session_id and ${mayLive}
       where not given.is_held and given.is_applied),
     doubted as (
       update session set applied_digest = '${UNKNOWN_DIGEST}', expected = null, observed = null, shown_digest = null,
         obstacle = null,
         applied = coalesce(session.applied || overtaken.applied::jsonb, overtaken.applied::jsonb, session.applied),
         imposed = ${bothImposed("session.imposed", "overtaken.imposed::jsonb")}
       from overtaken where session.id = overtaken.id and overtaken.is_other),
     enqueued as (
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason)
       select overtaken.id, overtaken.nas_id, overtaken.subscriber_id, 'overtaken' from overtaken
       where overtaken.subscriber_id is not null
       order by overtaken.id
       on conflict (session_id) do update set revision = enforcement_job.revision + 1, attempts = 0, due_at = now(),
         claimed_by = null,
         claimed_until = case when enforcement_job.claimed_by is null then null else enforcement_job.claimed_until end
       returning enforcement_job.session_id)`;

/**
 * Sessions before jobs, and those as accounting sorts them: it locks sessions, then subscribers; an order locks
 * subscribers, then jobs. What accounting showed before a change says nothing of what runs after it: without its digest
 * the next Interim is looked at in full. What was imposed before is kept beside, for a NAS that acknowledges and does
 * nothing.
 */
export async function writeSessions(trx: Transaction, runs: readonly SessionResult[]): Promise<void> {
  if (runs.length === 0) return;
  const ids = runs.map(({ sessionId }) => sessionId);
  const locked = trx.query(
    `select from session where session.id = any ($1::bigint[])
     order by session.nas_id collate "C", session.acct_session_id collate "C" for no key update`,
    [ids],
  );
  const written = trx.query(
    `with given as (
       select given.*, job.session_id is not null as is_held
       from unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[])
         as given (session_id, claimant, obstacle, is_applied, applied, applied_digest, expected, imposed)
       left join enforcement_job as job on job.session_id = given.session_id and ${isClaimedBy("given.claimant")}),
     written as (
       update session set obstacle = given.obstacle,
         applied = case when given.is_applied then given.applied::jsonb else session.applied end,
         applied_digest = case when given.is_applied then given.applied_digest else session.applied_digest end,
         expected = case when given.is_applied then given.expected::jsonb else session.expected end,
         observed = case when given.is_applied then null else session.observed end,
         shown_digest = case when given.is_applied then null else session.shown_digest end,
         imposed = case when given.is_applied then given.imposed::jsonb else session.imposed end,
         imposed_before = case when given.is_applied and session.imposed is distinct from given.imposed::jsonb
           then session.imposed else session.imposed_before end
       from given where session.id = given.session_id and given.is_held),
     ${doubt}
     select pg_notify('${outboxChannel}', '') where exists (select from enqueued)`,
    [
      ids,
      runs.map(({ claimant }) => claimant),
      runs.map(({ obstacle }) => obstacle),
      runs.map(({ applied }) => applied !== undefined),
      runs.map(({ applied }) => (applied && applied.digest !== null ? JSON.stringify(applied.profile) : null)),
      runs.map(({ applied }) => applied?.digest ?? null),
      runs.map(({ applied }) => (applied?.expected ? JSON.stringify(applied.expected) : null)),
      runs.map(({ applied }) => imposedJson(applied?.imposed)),
    ],
  );
  await Promise.all([locked, written]);
}
