create table measure (
  id bigint generated always as identity primary key,
  subscriber_id text not null,
  kind text not null,
  params jsonb not null default '{}',
  reason text not null,
  case_id bigint,
  -- a person's key, or playbook:<id>
  ordered_by text not null,
  ordered_at timestamptz not null,
  until timestamptz,
  -- 'active' holds; the others do not (yet, or any more)
  state text not null check (state in ('awaiting-approval', 'held', 'active', 'rejected', 'lifted')),
  held_by text,
  decided_by text,
  lifted_at timestamptz,
  lifted_by text,
  lifted_reason text,
  -- regenerate-password: 'armed' until the next login, 'regenerated' until the first login with the new one
  progress text
);
create unique index measure_standing on measure (subscriber_id, kind) where state in ('awaiting-approval', 'held', 'active');
create index measure_until on measure (until) where state = 'active' and until is not null;
create index measure_case on measure (case_id);

-- The outbox: one row per session that has to be brought to its profile. Written in the transaction that changes the
-- profile; coalesced by its key; removed when the session follows, or when it is known that it cannot.
create table enforcement_job (
  session_id bigint primary key,
  nas_id text not null,
  subscriber_id text not null,
  reason text not null,
  revision integer not null default 1,
  attempts integer not null default 0,
  due_at timestamptz not null,
  claimed_by text,
  claimed_until timestamptz
);
create index enforcement_job_due on enforcement_job (due_at);

create table enforcement (
  id bigint generated always as identity primary key,
  session_id bigint,
  subscriber_id text,
  nas_id text not null,
  kind text not null check (kind in ('coa', 'disconnect', 'access')),
  reason text not null,
  requested_at timestamptz not null,
  -- profile that the session follows once this is acknowledged
  digest text,
  step integer not null default 0,
  steps integer not null default 1,
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
create index enforcement_under_way on enforcement (session_id) where outcome is null;

create table breaker (
  id text primary key,
  limit_count integer not null check (limit_count >= 0),
  window_seconds integer not null check (window_seconds > 0),
  opened_at timestamptz,
  updated_at timestamptz not null default now()
);
