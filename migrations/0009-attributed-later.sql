-- Accounting may come after the report: what named nobody for sure is asked again, as long as that may still change.
alter table observation
  -- the reason in one word; null: exact, or from before this was noted
  add column verdict_why text,
  -- null: when it was received
  add column attributed_at timestamptz,
  -- {ip, port}: the machine at its other end, as long as its format leaves open which of them it was
  add column other_end jsonb;
create index observation_unattributed on observation (received_at, id) where verdict <> 'exact';
