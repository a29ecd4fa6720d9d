-- Customers of whom nothing is removed as long as their row is here, however old it is: for a court, an investigation, a
-- dispute. Also of subscribers who were deleted, so that it refers to no table.
create table legal_hold (
  subscriber_id text primary key,
  reason text not null,
  placed_by text not null default current_user,
  placed_at timestamptz not null default now()
);

-- A subscriber who is deleted, or becomes part of another one, would take what is held along.
create function weir_keep_held_subscriber() returns trigger language plpgsql as $$
begin
  if exists (select from legal_hold where legal_hold.subscriber_id = old.id) then
    raise exception 'subscriber % is under a legal hold', old.id;
  end if;
  return old;
end $$;
create trigger subscriber_legal_hold before delete on subscriber for each row execute function weir_keep_held_subscriber();

-- Sessions that the running retention job must leave, since they explain what is not over: filled anew by each run.
create unlogged table kept_session (
  session_id bigint primary key
);
