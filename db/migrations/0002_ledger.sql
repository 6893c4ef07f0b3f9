-- The log of this node: records, the tree over them, its signed heads. Written by the node alone, under the lock of
-- the head row; what has been acknowledged is never changed, whoever asks.

-- Where the log ends. Locking this row is what makes a writer the only one.
create table log_head (
  only_row  boolean primary key default true check (only_row),
  size      bigint not null check (size >= 0),
  -- Roots of the perfect subtrees, largest first: one for each bit set in the size.
  frontier  bytea not null check (octet_length(frontier) = 32 * bit_count(size::bit(64))),
  -- Compared before each write, so that a writer whose lock was lost unnoticed can not add to another's batch.
  version   bigint not null check (version >= 0),
  -- Entries are in order of time even when the clock steps back.
  logged_at timestamptz not null
);
insert into log_head values (true, 0, '', 0, '1970-01-01Z');

create table records (
  index      bigint primary key check (index >= 0),
  type       text not null check (type ~ '^[a-z-]{1,40}$'),
  org        uscc not null,
  parties    text[] not null check (org = any(parties)),
  digest     sha256 not null,
  -- Both are destroyed by erasure; digest and place in the tree stay.
  salt       bytea check (octet_length(salt) = 32),
  body       bytea check (octet_length(body) > 0),
  client_key text check (length(client_key) between 1 and 200),
  logged_at  timestamptz not null,
  check ((salt is null) = (body is null))
);
-- A repeated submission finds its first one here. No further index: each costs every entry, and features keep their own.
create unique index records_client_key on records (org, type, client_key) where client_key is not null;

-- Every eighth level of the tree (C2SP tlog-tiles). The right-most tile of a level grows until it has 256 hashes.
create table tiles (
  level  smallint not null check (level between 0 and 7),
  n      bigint not null check (n >= 0),
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (level, n)
);

create table checkpoints (
  size      bigint primary key check (size >= 0),
  root      sha256 not null,
  note      text not null,
  signed_at timestamptz not null
);

create function refuse_record_change() returns trigger language plpgsql as $$
begin
  if new.salt is null and new.body is null
    and (new.index, new.type, new.org, new.parties, new.digest, new.client_key, new.logged_at)
      is not distinct from (old.index, old.type, old.org, old.parties, old.digest, old.client_key, old.logged_at)
  then
    return new;
  end if;
  raise exception 'a record can be erased, not changed' using errcode = 'restrict_violation';
end $$;

create function refuse_tile_rewrite() returns trigger language plpgsql as $$
begin
  if (new.level, new.n) = (old.level, old.n)
    and substring(new.hashes for octet_length(old.hashes)) = old.hashes
  then
    return new;
  end if;
  raise exception 'a tile can grow, not change' using errcode = 'restrict_violation';
end $$;

create function refuse_head_rewind() returns trigger language plpgsql as $$
begin
  if new.size >= old.size and new.version > old.version then
    return new;
  end if;
  raise exception 'the log can grow, not shrink' using errcode = 'restrict_violation';
end $$;

create trigger head_grows before update on log_head for each row execute function refuse_head_rewind();
create trigger head_stays before delete or truncate on log_head execute function refuse_change();
create trigger records_stay before update on records for each row execute function refuse_record_change();
create trigger records_kept before delete or truncate on records execute function refuse_change();
create trigger tiles_grow before update on tiles for each row execute function refuse_tile_rewrite();
create trigger tiles_kept before delete or truncate on tiles execute function refuse_change();
create trigger checkpoints_kept before update or delete or truncate on checkpoints execute function refuse_change();

-- Where an anchor of a head stands on its way to being final on one chain. Genesis hash and contract are part of the
-- chain's identity: a chain that forgot is another chain.
create table anchors (
  id            bigint generated always as identity primary key,
  chain_id      bigint not null,
  genesis       bytea not null check (octet_length(genesis) = 32),
  contract      bytea not null check (octet_length(contract) = 20),
  size          bigint not null references checkpoints check (size > 0),
  root          sha256 not null,
  state         text not null check (state in ('queued', 'broadcast', 'mined', 'final', 'lost', 'chain-forgotten')),
  -- Set while a transaction is out; a raised fee keeps both.
  sender        bytea check (octet_length(sender) = 20),
  nonce         bigint check (nonce >= 0),
  -- The transaction that was mined, and where.
  transaction   bytea check (octet_length(transaction) = 32),
  block_number  bigint,
  block_hash    bytea check (octet_length(block_hash) = 32),
  -- When that block says it was made.
  block_at      timestamptz,
  queued_at     timestamptz not null,
  broadcast_at  timestamptz,
  mined_at      timestamptz,
  final_at      timestamptz,
  -- Why an anchor was lost or put off, in the chain's words.
  trouble       text,
  unique (chain_id, genesis, contract, size),
  unique (chain_id, genesis, sender, nonce),
  check ((sender is null) = (nonce is null)),
  check (state not in ('mined', 'final') or block_hash is not null)
);
-- The one under way on a chain, and the last ones accepted.
create index anchors_state on anchors (chain_id, genesis, contract, state, size);

-- Every transaction ever signed for an anchor, stored before it is sent: after a crash the same bytes go out again.
create table anchor_transactions (
  hash      bytea primary key check (octet_length(hash) = 32),
  anchor    bigint not null references anchors,
  nonce     bigint not null check (nonce >= 0),
  raw       bytea not null,
  -- Wei for a unit of gas: price, or cap and tip on a chain with a base fee.
  fee       numeric not null check (fee >= 0),
  tip       numeric check (tip >= 0),
  signed_at timestamptz not null
);
create index anchor_transactions_anchor on anchor_transactions (anchor);

alter table log_head enable row level security;
alter table log_head force row level security;
alter table records enable row level security;
alter table records force row level security;
alter table tiles enable row level security;
alter table tiles force row level security;
alter table checkpoints enable row level security;
alter table checkpoints force row level security;
alter table anchors enable row level security;
alter table anchors force row level security;
alter table anchor_transactions enable row level security;
alter table anchor_transactions force row level security;

create policy node on log_head using (tallystick_is_node());
create policy node on records using (tallystick_is_node());
create policy parties on records for select using (tallystick_reader() = any(parties));
create policy node on tiles using (tallystick_is_node());
create policy anyone on tiles for select using (true);
create policy node on checkpoints using (tallystick_is_node());
create policy anyone on checkpoints for select using (true);
create policy node on anchors using (tallystick_is_node());
create policy anyone on anchors for select using (true);
create policy node on anchor_transactions using (tallystick_is_node());
