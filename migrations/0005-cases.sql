create table subscriber_case (
  id bigint generated always as identity primary key,
  -- null: nobody could be named for sure (ambiguous attribution); a person has to look
  subscriber_id text,
  category text not null,
  severity text not null,
  state text not null,
  stage text,
  playbook_id text,
  playbook_version integer,
  deadline_at timestamptz,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  closed_at timestamptz
);
create unique index subscriber_case_open on subscriber_case (subscriber_id, category) where closed_at is null and subscriber_id is not null;
create index subscriber_case_opened on subscriber_case (opened_at);

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
