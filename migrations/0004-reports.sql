create table source (
  id text primary key,
  kind text not null check (kind in ('third-party', 'monitoring')),
  trust integer not null check (trust between 0 and 100),
  categories text[],
  max_observations_per_hour integer check (max_observations_per_hour > 0),
  mail jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table report (
  id uuid primary key,
  source_id text not null references source (id),
  received_at timestamptz not null,
  format text not null,
  -- of the body as it was posted
  sha256 text not null,
  byte_count bigint not null,
  accepted integer not null default 0,
  duplicates integer not null default 0,
  -- the first of them, and how many there are in all
  rejected jsonb not null default '[]',
  rejected_count integer not null default 0,
  -- of these, how many were its source's mistakes
  mistake_count integer not null default 0
);
create index report_source on report (source_id, received_at);
create index report_age on report (received_at, id);

create table observation (
  id bigint generated always as identity primary key,
  report_id uuid not null references report (id),
  row_number integer not null,
  source_id text not null,
  -- the same claim by the same source is one observation, however often it is sent
  fingerprint text not null,
  observed_at timestamptz not null,
  observed_until timestamptz,
  ip inet not null,
  port integer,
  protocol text,
  category text not null,
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  name text,
  description text,
  evidence jsonb not null default '{}',
  verdict text not null check (verdict in ('exact', 'ambiguous', 'none')),
  verdict_reason text not null,
  candidates jsonb not null default '[]',
  subscriber_id text,
  session_id bigint,
  case_id bigint,
  received_at timestamptz not null,
  unique (source_id, fingerprint)
);
create index observation_subscriber on observation (subscriber_id, id);
create index observation_case on observation (case_id, id);
create index observation_report on observation (report_id, id);
-- how many a source sent within the last hour
create index observation_source on observation (source_id, received_at);
