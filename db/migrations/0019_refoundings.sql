-- Heads that a contract gave up after its anchoring key was stolen, as it tells of them: every later bundle and report
-- names them, also while the chain is away.
create table anchor_refoundings (
  chain_id       bigint not null,
  genesis        bytea not null check (octet_length(genesis) = 32),
  contract       bytea not null check (octet_length(contract) = 20),
  -- From 0, oldest first.
  number         int not null check (number >= 0),
  kept           numeric(20) not null check (kept > 0),
  -- The thief may have named any size of 64 bits.
  abandoned_size numeric(20) not null check (abandoned_size > kept),
  abandoned_root sha256 not null,
  size           numeric(20) not null check (size >= kept),
  root           sha256 not null,
  block_number   bigint not null,
  block_at       timestamptz not null,
  -- SHA-256 of the signed note of the head in its place.
  checkpoint     sha256 not null,
  primary key (chain_id, genesis, contract, number)
);
alter table anchor_refoundings enable row level security;
alter table anchor_refoundings force row level security;
create policy node on anchor_refoundings using (tallystick_is_node());
create policy anyone on anchor_refoundings for select using (true);
