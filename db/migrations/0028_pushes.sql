-- Pushes: what is on its way to a bank's own endpoint, and the bank's word that it has it.

-- Where a bank takes pushes, as it signed. The newest counts.
create table push_destinations (
  record_index  bigint primary key,
  bank          uscc not null,
  url           text not null check (length(url) <= 2000),
  registered_at timestamptz not null
);
create index push_destinations_of on push_destinations (bank, record_index desc);
create trigger push_destinations_stay before update or delete on push_destinations
  for each statement execute function refuse_change();

-- What a supplier asked to have pushed. The queue itself is `deliveries`.
create table pushes (
  -- The jti under which the bank gets it, whatever the attempt.
  id            uuid primary key,
  delivery      uuid not null unique references deliveries,
  application   uuid not null,
  seller        uscc not null,
  bank          uscc not null,
  purpose       text not null,
  asked_at      timestamptz not null,
  -- When an endpoint last said that it had taken it.
  taken_at      timestamptz
);
create index pushes_of_seller on pushes (seller, asked_at desc, id);
create index pushes_of_bank on pushes (bank, asked_at desc, id);

-- Bodies that have gone out: a receipt must be for one of them.
create table push_bodies (
  push          uuid not null references pushes,
  digest        bytea not null check (octet_length(digest) = 32),
  sent_at       timestamptz not null,
  primary key (push, digest)
);

create table push_receipts (
  push          uuid primary key,
  record_index  bigint not null unique,
  bank          uscc not null,
  parties       text[] not null check (bank = any(parties)),
  received_at   timestamptz not null
);
create trigger push_receipts_stay before update or delete on push_receipts
  for each statement execute function refuse_change();

do $$
declare
  name text;
begin
  foreach name in array array['push_destinations', 'pushes', 'push_bodies', 'push_receipts'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy node on %I using (tallystick_is_node())', name);
  end loop;
end $$;
create policy parties on push_destinations for select using (tallystick_reader() = bank);
create policy parties on pushes for select using (tallystick_reader() in (seller, bank));
create policy parties on push_receipts for select using (tallystick_reader() = any(parties));
