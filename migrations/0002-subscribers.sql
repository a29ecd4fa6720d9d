create table subscriber (
  id text primary key,
  name text,
  email text,
  phone text,
  locale text,
  class text not null default 'residential' check (class in ('residential', 'business', 'wholesale')),
  plan jsonb,
  protections text[] not null default '{}',
  -- made by itself from a session whose User-Name nobody knew
  is_automatic boolean not null default false,
  -- the sum of the active measures and its digest (null: unrestricted): what every open session is to follow.
  -- Changed only under a row lock, so that a session being opened and a measure being set cannot miss each other.
  profile jsonb,
  profile_digest text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- What the search of the API and the console looks in: the start of an id, address or number, and the start of any word of a name.
create index subscriber_id_prefix on subscriber (lower(id) text_pattern_ops);
create index subscriber_email_prefix on subscriber (lower(email) text_pattern_ops) where email is not null;
create index subscriber_phone_prefix on subscriber (phone text_pattern_ops) where phone is not null;
create index subscriber_name_words on subscriber using gin (to_tsvector('simple', name)) where name is not null;

-- Few at any time: what a node remembers for the time when it cannot ask.
create index subscriber_restricted on subscriber (id) where profile_digest is not null;

create table subscriber_username (
  username text primary key,
  subscriber_id text not null references subscriber (id) on delete cascade,
  -- what all spellings of the username have in common (subscriber/username-spelling.ts)
  spelling text not null
);
create index subscriber_username_subscriber on subscriber_username (subscriber_id);
create index subscriber_username_prefix on subscriber_username (lower(username) text_pattern_ops);
create index subscriber_username_spelling on subscriber_username (spelling);

create table credential (
  subscriber_id text primary key references subscriber (id) on delete cascade,
  password_sealed bytea not null,
  -- the password that a regeneration withdrew, until the new one is in use: it opens nothing, but whoever still uses it
  -- is told whom to call
  previous_sealed bytea,
  -- every password that a regeneration withdrew, newest last: none of them is taken again, from whatever list it comes
  withdrawn_sealed bytea[] not null default '{}',
  updated_at timestamptz not null default now(),
  -- set while a regenerated password waits for the helpdesk to tell it, once
  regenerated_at timestamptz,
  revealed_at timestamptz,
  revealed_by text
);
