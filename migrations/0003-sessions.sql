-- What an Access-Accept gave, until the accounting of its session arrives and takes it over.
create table grant_given (
  id bigint generated always as identity primary key,
  nas_id text not null,
  username text not null,
  acct_session_id text,
  calling_station_id text,
  given_at timestamptz not null,
  -- the attributes as the upstream (or the local plan) gave them, before the profile was laid over: wire octets
  attributes bytea not null,
  -- the profile that was laid over, and its digest; null: none
  profile jsonb,
  profile_digest text
);
create index grant_given_lookup on grant_given (nas_id, username, given_at);
create index grant_given_age on grant_given (given_at);

create table session (
  id bigint generated always as identity primary key,
  nas_id text not null,
  acct_session_id text not null,
  started_at timestamptz not null,
  -- the newest event time taken in; older Interims change nothing but what they alone know
  last_event_at timestamptz not null,
  -- arrival of the newest record: what "stale" is measured by
  last_seen_at timestamptz not null,
  stopped_at timestamptz,
  terminate_cause text,
  username text not null,
  subscriber_id text,
  ipv4 inet,
  ipv6 text[] not null default '{}',
  input_octets bigint not null default 0,
  output_octets bigint not null default 0,
  interim_seconds integer,
  -- attributes by which the NAS knows the session (RFC 5176 section 3), as sent: name -> text
  identity jsonb not null default '{}',
  granted bytea,
  -- the profile that the NAS last acknowledged for this session, or took in its Access-Accept, and its digest
  -- (null: unrestricted; '?': nobody knows, after silence; then applied holds everything that may be in force)
  applied jsonb,
  applied_digest text,
  -- what accounting shows that the NAS runs: attribute name -> values
  observed jsonb,
  -- why the profile cannot be brought to this session, once that is known (an outcome or Error-Cause); null: no obstacle
  obstacle text
) with (fillfactor = 70);
create unique index session_open on session (nas_id, acct_session_id) where stopped_at is null;
create index session_identity on session (nas_id, acct_session_id, started_at);
create index session_subscriber on session (subscriber_id, started_at);
create index session_username on session (username, started_at);

-- Which session held which address from when to when, half open. Open intervals live in their own partition
-- (held_until = infinity); closing one moves it to history, which is dropped by age, never deleted row by row.
create table address_interval (
  prefix cidr not null,
  held_from timestamptz not null,
  held_until timestamptz not null default 'infinity',
  session_id bigint not null,
  subscriber_id text,
  nas_id text not null
) partition by range (held_until);
create table address_interval_open partition of address_interval for values from ('infinity') to (maxvalue) with (fillfactor = 80);
create table address_interval_history partition of address_interval default;
create index address_interval_prefix on address_interval (prefix, held_until);
create index address_interval_session on address_interval (session_id);
