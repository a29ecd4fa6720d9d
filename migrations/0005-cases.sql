create table subscriber_case (
  id bigint generated always as identity primary key,
  -- null: nobody could be named for sure (ambiguous attribution); a person has to look
  subscriber_id text,
  -- what the observations of a case without subscriber have in common: category and candidates, or category and source
  doubt text,
  category text not null,
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  state text not null check (state in ('open', 'on-hold', 'watching', 'closed')),
  -- the playbook's stage that the case is at; null: none was reached
  stage text,
  -- why the playbook's measure was not ordered, as long as that is so
  withheld text,
  playbook_id text,
  playbook_version integer,
  deadline_at timestamptz,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  -- the newest release: evidence from before it counts no more
  released_at timestamptz,
  closed_at timestamptz,
  check (subscriber_id is null or doubt is null),
  check ((state = 'closed') = (closed_at is not null))
);
create unique index subscriber_case_open on subscriber_case (subscriber_id, category) where closed_at is null and subscriber_id is not null;
create unique index subscriber_case_doubt on subscriber_case (doubt) where closed_at is null and doubt is not null;
create index subscriber_case_subscriber on subscriber_case (subscriber_id, category, id);
create index subscriber_case_state on subscriber_case (state, id);
create index subscriber_case_age on subscriber_case (closed_at, id) where closed_at is not null;

create table case_event (
  id bigint generated always as identity primary key,
  case_id bigint not null references subscriber_case (id),
  at timestamptz not null,
  kind text not null,
  actor text not null,
  note text,
  detail jsonb not null default '{}'
);
create index case_event_case on case_event (case_id, id);
