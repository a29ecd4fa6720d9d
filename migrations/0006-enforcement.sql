create table measure (
  id bigint generated always as identity primary key,
  subscriber_id text not null,
  kind text not null,
  params jsonb not null default '{}',
  reason text not null,
  case_id bigint,
  -- "key:<id>" of a person, or what acted by itself ("playbook:<id>")
  ordered_by text not null,
  ordered_at timestamptz not null,
  -- null: ends only by a person (terminate) or by what it waits for
  until timestamptz,
  -- 'active' holds; the others do not (yet, or any more)
  state text not null check (state in ('awaiting-approval', 'held', 'active', 'rejected', 'lifted')),
  held_by text,
  -- the people who approved, in order; terminate needs two people in all
  approvals text[] not null default '{}',
  decided_by text,
  decided_at timestamptz,
  lifted_at timestamptz,
  lifted_by text,
  lifted_reason text,
  -- regenerate-password: 'armed' until the next login, 'regenerated' until the first login with the new one
  progress text check (progress in ('armed', 'regenerated')),
  -- what an automatic measure counts against: its report's source, its case's category, the NASes it reached
  source_id text,
  category text,
  nas_ids text[] not null default '{}',
  -- passed the breakers by itself, and so counts in them
  is_counted boolean not null default false,
  check ((state in ('rejected', 'lifted')) = (lifted_at is not null))
);
-- One of a kind stands; those before it stay as its history.
create unique index measure_standing on measure (subscriber_id, kind) where state in ('awaiting-approval', 'held', 'active');
create index measure_subscriber on measure (subscriber_id, id);
create index measure_until on measure (until) where state in ('awaiting-approval', 'held', 'active') and until is not null;
create index measure_case on measure (case_id);
create index measure_held on measure (held_by, id) where state = 'held';
-- Lists narrowed to what is rare among many, newest first.
create index measure_standing_state on measure (state, id) where state in ('awaiting-approval', 'held', 'active');
create index measure_kind on measure (kind, id);
create index measure_held_by on measure (held_by, id) where held_by is not null;
create index measure_counted on measure (ordered_at) include (category, source_id) where is_counted;
create index measure_counted_source on measure (source_id, ordered_at) where is_counted;
-- By the end; not by state, which look-ups of a subscriber's ended measures name, too, and would read all of it for.
create index measure_age on measure (lifted_at, id) where lifted_at is not null;

-- The outbox: one row per session that has to be brought to its profile. Written in the transaction that changes the
-- profile; coalesced by its key; removed when the session follows, or when it is known that it cannot.
-- All its times are the database's own clock, so that the clocks of nodes need not agree.
create table enforcement_job (
  session_id bigint primary key,
  nas_id text not null,
  subscriber_id text not null,
  reason text not null,
  -- counts the orders that fell together: who claimed an earlier one has to look again
  revision integer not null default 1,
  -- failed runs since the newest order
  attempts integer not null default 0,
  -- end the session, whatever its profile: a password was changed under it
  ends_session boolean not null default false,
  due_at timestamptz not null default now(),
  claimed_by text,
  claimed_until timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
create index enforcement_job_due on enforcement_job (nas_id, due_at);
create index enforcement_job_subscriber on enforcement_job (subscriber_id);
create index enforcement_job_claimed on enforcement_job (claimed_by) where claimed_by is not null;

create table enforcement (
  id bigint generated always as identity primary key,
  -- null: an Access-Request, which has no session yet
  session_id bigint,
  subscriber_id text,
  nas_id text not null,
  kind text not null check (kind in ('coa', 'disconnect', 'access')),
  reason text not null,
  requested_at timestamptz not null,
  -- profile that the session follows once the last step is acknowledged, and its digest; null: the unrestricted one
  profile jsonb,
  digest text,
  -- what is imposed on the session then, as it was sent
  imposes jsonb,
  step integer not null default 0,
  steps integer not null default 1,
  -- what the step changes, by name: for people to read
  attributes json,
  local_port integer,
  request bytea,
  sent_at timestamptz,
  answered_at timestamptz,
  attempts integer not null default 0,
  outcome text check (outcome in ('acknowledged', 'refused', 'no-answer', 'not-authentic', 'unreachable', 'unsupported')),
  error_cause integer,
  response bytea
);
create index enforcement_session on enforcement (session_id, id);
create index enforcement_subscriber on enforcement (subscriber_id, id);
create index enforcement_age on enforcement (requested_at, id);
-- Lists narrowed to a NAS or to an outcome, newest first; nearly all are acknowledged, and so are the newest.
create index enforcement_nas on enforcement (nas_id, id);
create index enforcement_outcome on enforcement (outcome, id) where outcome <> 'acknowledged';
create index enforcement_under_way on enforcement (session_id, id) where outcome is null;

create table breaker (
  id text primary key,
  -- null: the default for its scope
  limit_count integer check (limit_count >= 0),
  window_seconds integer not null default 3600 check (window_seconds > 0),
  -- since when new measures are held; null: closed
  opened_at timestamptz,
  -- a reset starts the count afresh: measures up to this one no longer count
  counts_after bigint not null default 0,
  updated_at timestamptz not null default now()
);
-- Locked by each automatic order: one at a time in the cluster, so that every limit is met exactly.
insert into breaker (id) values ('base');

-- Restricted customers are few among many: what reconciling starts from.
create index session_to_reconcile on session (id)
  where stopped_at is null and (applied_digest is not null or expected is not null or obstacle is not null);
