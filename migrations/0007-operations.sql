create table api_key (
  id uuid primary key,
  name text,
  role text not null check (role in ('viewer', 'operator', 'helpdesk', 'ingest', 'admin')),
  source_id text,
  sha256 bytea not null unique,
  created_at timestamptz not null default now(),
  created_by text,
  revoked_at timestamptz,
  revoked_by text,
  check ((role = 'ingest') = (source_id is not null))
);
create index api_key_created on api_key (created_at, id);

-- A row is a claim while status is null: whoever holds it runs the request and renews the claim until it answers.
create table idempotent_request (
  key_id text not null,
  idempotency_key text not null,
  -- method, path, query and body; null while a streamed body is still arriving
  request_sha256 bytea,
  claimed_until timestamptz not null,
  claim uuid not null,
  status integer,
  content_type text,
  -- sealed: an answer may show a key or a password
  answer_sealed bytea,
  created_at timestamptz not null default now(),
  primary key (key_id, idempotency_key)
);
create index idempotent_request_age on idempotent_request (created_at);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  -- "key:<id>", "command-line", or what acted by itself ("playbook:<id>", "job:<name>")
  actor text not null,
  actor_name text,
  action text not null,
  -- "<kind>:<id>"
  subject text,
  detail jsonb not null default '{}'
);
create index audit_age on audit (at, id);
create index audit_subject on audit (subject, id);

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

-- Upstream servers ("host:port") that have signed an answer without having to: from then on all must be signed, for every
-- process and after every restart (CVE-2024-3596).
create table upstream_signing (
  server text primary key,
  since timestamptz not null
);
