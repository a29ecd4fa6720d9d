-- Accounting that goes on to an upstream (WEIR_UPSTREAM_ACCT): in here before the NAS is answered, out again once the upstream
-- has answered, or when it is an hour old. Nothing is in here where no upstream is set.
create table forwarded_accounting (
  id bigint generated always as identity primary key,
  received_at timestamptz not null,
  -- wire octets, one attribute after another, as they go on but for Acct-Delay-Time and our Proxy-State
  attributes bytea not null,
  tries integer not null default 0,
  -- by the database's clock: until then whoever put it here, or took it last, has it
  due_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index forwarded_accounting_age on forwarded_accounting (received_at);
