-- What an Access-Accept gave, until the accounting of its session arrives and takes it over.
create table grant_given (
  id bigint generated always as identity primary key,
  nas_id text not null,
  -- to whom it is made out; and what all spellings of that name have in common, and of the name that was asked for
  username text not null,
  spelling text not null,
  asked_spelling text not null,
  acct_session_id text,
  calling_station_id text,
  nas_port_id text,
  given_at timestamptz not null,
  -- the attributes as the upstream (or the local plan) gave them, before the profile was laid over: wire octets
  attributes bytea not null,
  -- the profile that was laid over, and its digest; null: none
  profile jsonb,
  profile_digest text,
  -- what accounting will show if the NAS runs that profile: attribute name -> values; null: nothing that could be seen
  expected jsonb,
  -- what was laid over, as it was sent: attributes and services; null: nothing
  imposed jsonb
);
create index grant_given_username on grant_given (nas_id, username, given_at);
create index grant_given_session on grant_given (nas_id, acct_session_id, given_at);
create index grant_given_age on grant_given (given_at);

create table session (
  id bigint generated always as identity primary key,
  nas_id text not null,
  acct_session_id text not null,
  -- ids repeat after a reboot: which use of the id this is. With it two nodes cannot both open the same session.
  incarnation integer not null default 1,
  started_at timestamptz not null,
  -- false: no Start was seen, and started_at is the best guess from the records that were
  is_start_known boolean not null default true,
  -- the newest event time at which a Start or Interim showed it alive; older Interims change only what they alone know
  last_event_at timestamptz not null,
  -- arrival of the newest record: what "stale" is measured by
  last_seen_at timestamptz not null,
  stopped_at timestamptz,
  -- Acct-Terminate-Cause by its RFC 2866 name; in small letters where no Stop said so: nas-restart, replaced, stale
  terminate_cause text,
  -- by which it is somebody's: in the Access-Accept that it has, or else in accounting
  username text not null,
  -- in accounting, where that is another one
  shown_username text,
  subscriber_id text,
  -- that subscriber was removed: whoever has the id now is somebody else, as far as anybody knows
  is_owner_removed boolean not null default false,
  -- the newest addresses
  ipv4 inet,
  ipv6 text[] not null default '{}',
  -- when each address was shown, as far as late records can still change it (session/address-runs.ts)
  address_runs jsonb not null default '{}',
  -- the ports of its IPv4 address that are its own, where it shares it; empty: nobody knows which; null: it has it alone
  shared_ports int4multirange,
  input_octets bigint not null default 0,
  output_octets bigint not null default 0,
  interim_seconds integer,
  -- attributes by which the NAS knows the session (RFC 5176 section 3), as sent: name -> text
  identity jsonb not null default '{}',
  -- the grant whose attributes and profile this session took over
  grant_id bigint,
  granted bytea,
  -- the profile that the NAS last acknowledged for this session, or took in its Access-Accept, and its digest
  -- (null: unrestricted; '?': nobody knows, after silence; then applied holds everything that may be in force)
  applied jsonb,
  applied_digest text,
  -- everything of ours that may be in force, as it was sent: {attributes, services}; null: nothing. And what was before
  -- the last change: for a NAS that acknowledged it and did nothing
  imposed jsonb,
  imposed_before jsonb,
  -- what accounting will show if the NAS runs `applied`: attribute name -> values; written together with it
  expected jsonb,
  -- what accounting shows that the NAS runs: attribute name -> values
  observed jsonb,
  -- of all that the newest record shows but counters and times: an Interim with the same is one cheap update
  shown_digest bigint,
  -- when it began, and the newest of its records, by the NAS's own clock, in seconds (Event-Timestamp): by these a record that
  -- is sent again is known (session/nas-clock.ts). null: its records have no such time, or one that is far off
  nas_clock_start bigint,
  nas_clock_newest bigint,
  -- why the profile cannot be brought to this session, once that is known (an outcome or Error-Cause); null: no obstacle
  obstacle text
) with (fillfactor = 70);
create unique index session_incarnation on session (nas_id, acct_session_id, incarnation);
create unique index session_open on session (nas_id, acct_session_id) where stopped_at is null;
create index session_subscriber on session (subscriber_id, started_at);
create index session_username on session (username, started_at);
-- What a change of a subscriber's profile has to reach.
create index session_live on session (subscriber_id) where stopped_at is null or terminate_cause = 'stale';
-- Lists and walks of the open ones, which are few among all that ever were. Interims change none of these columns.
create index session_open_id on session (id) where stopped_at is null;
create index session_nobodys on session (id) where stopped_at is null and subscriber_id is null and username <> '';
-- On an expression, for the list alone: as long as the table has no statistics, the planner would take an index that
-- begins with nas_id for look-ups by NAS and Acct-Session-Id, and read all of a BNG's sessions for each record.
create index session_open_nas on session ((nas_id || ''), id) where stopped_at is null;
-- Those that are over, by their end, for the job that removes the oldest: in words that no other look-up uses, as above.
create index session_ended on session (coalesce(stopped_at, 'infinity'), id) where coalesce(stopped_at, 'infinity') < 'infinity';

-- Which session held which address from when to when, half open. Open intervals live in their own partition
-- (held_until = infinity); closing one moves it to history, to the month in which it ended. A month goes as a whole once it
-- is old enough (jobs/retention-job.ts): never row by row.
create table address_interval (
  prefix cidr not null,
  held_from timestamptz not null,
  held_until timestamptz not null default 'infinity',
  session_id bigint not null,
  subscriber_id text,
  nas_id text not null
) partition by range (held_until);
create table address_interval_open partition of address_interval for values from ('infinity') to (maxvalue) with (fillfactor = 80);
create table address_interval_history partition of address_interval default partition by range (held_until);
-- Whatever ended in no month that there is: records that come very late, and clocks that are wrong. No record is refused.
create table address_interval_stray partition of address_interval_history default;
create index address_interval_prefix on address_interval (prefix, held_until);
create index address_interval_session on address_interval (session_id);

-- Makes the history's partition for a month (UTC), which begins on `first_day`. Answers 'made', 'there', or 'strays': too
-- many of its rows are in the stray partition already to be moved in a moment, and there they stay. For that moment nobody
-- writes to the history: an interval that was on its way to the strays would be refused there once its month is attached.
create function weir_add_interval_month(first_day date) returns text language plpgsql as $$
declare
  month text := 'address_interval_' || to_char(first_day, 'YYYY_MM');
  begins timestamptz := first_day::timestamp at time zone 'UTC';
  ends timestamptz := (first_day + interval '1 month') at time zone 'UTC';
  most_moved constant integer := 10000;
  strays integer;
begin
  -- Of several nodes one makes it.
  perform pg_advisory_xact_lock(hashtext('weir_interval_month'));
  if to_regclass(month) is not null then
    return 'there';
  end if;
  lock table only address_interval_history in access exclusive mode;
  lock table address_interval_stray in access exclusive mode;
  select count(*) into strays from (
    select from address_interval_stray where held_until >= begins and held_until < ends limit most_moved + 1) as counted;
  if strays > most_moved then
    return 'strays';
  end if;
  execute format('create table %I (like address_interval_history including indexes)', month);
  execute format('with moved as (delete from address_interval_stray where held_until >= %L and held_until < %L returning *)
    insert into %I select * from moved', begins, ends, month);
  execute format('alter table address_interval_history attach partition %I for values from (%L) to (%L)', month, begins, ends);
  return 'made';
end $$;
-- From now on; later ones are made ahead by the job.
select weir_add_interval_month((date_trunc('month', now() at time zone 'UTC') + ahead * interval '1 month')::date)
from generate_series(0, 3) as ahead;

-- The newest Accounting-On or -Off of each NAS: no session that began before it is still open. Apart from the NAS itself,
-- so that one that is taken out and put in again has it still.
create table nas_restart (
  nas_id text primary key,
  -- null: none was heard. Whoever opens a session locks the row.
  restarted_at timestamptz,
  -- up to which restart all that it ended is known to be ended
  settled_at timestamptz
);

-- Every Accounting-On and -Off with an Event-Timestamp, up to the newest thousand of each NAS: one that comes again is no
-- restart.
create table nas_restart_heard (
  nas_id text not null,
  -- on, off
  kind text not null,
  -- by the NAS's own clock, in seconds
  event_timestamp bigint not null,
  at timestamptz not null,
  primary key (nas_id, kind, event_timestamp)
);

-- In which spans of five minutes accounting of a NAS came in: only then its sessions can have fallen silent.
create table nas_heard (
  nas_id text not null,
  slot timestamptz not null,
  primary key (nas_id, slot)
);
create index nas_heard_age on nas_heard (slot);

-- Where walks through many rows, a portion at a time, go on.
create table walk (
  name text primary key,
  after_id bigint not null
);
