create table api_key (
  id uuid primary key,
  name text,
  role text not null check (role in ('viewer', 'operator', 'helpdesk', 'ingest', 'admin')),
  source_id text,
  sha256 bytea not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table idempotent_request (
  key_id text not null,
  idempotency_key text not null,
  request_sha256 bytea not null,
  status integer,
  body jsonb,
  created_at timestamptz not null default now(),
  primary key (key_id, idempotency_key)
);
create index idempotent_request_age on idempotent_request (created_at);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text,
  detail jsonb not null default '{}'
);
create index audit_at on audit (at);

-- One row per job and scheduled minute: whoever inserts it runs the job, so each fire runs once in the cluster.
create table job_run (
  id bigint generated always as identity primary key,
  name text not null,
  slot timestamptz,
  started_at timestamptz not null,
  duration_ms integer,
  findings jsonb,
  error text,
  unique (name, slot)
);
create index job_run_latest on job_run (name, started_at);
