-- Network access servers. One address may serve several (a proxy in front of them); NAS-Identifier tells those apart.
create table nas (
  id text primary key,
  address inet not null,
  secret_sealed bytea not null,
  vendor text not null,
  coa_port integer check (coa_port between 1 and 65535),
  identifier text,
  require_message_authenticator text not null default 'auto' check (require_message_authenticator in ('require', 'auto', 'off')),
  coa jsonb not null default '{}',
  profiles jsonb not null default '{}',
  -- when a valid Message-Authenticator first came in an Access-Request: from then on 'auto' requires it (CVE-2024-3596)
  message_authenticator_seen_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index nas_address_identifier on nas (address, coalesce(identifier, ''));
