-- How the state of an anchor's block leads to the head that the contract held after it, asked for while the chain still
-- keeps that state: most nodes drop it after some minutes.
create table anchor_states (
  anchor     bigint not null references anchors,
  -- A block that was replaced has another state.
  block_hash bytea not null check (octet_length(block_hash) = 32),
  -- Header and trie nodes (core/verify/anchor-state.ts); null where the chain serves none that lead there.
  proof      jsonb,
  primary key (anchor, block_hash)
);
alter table anchor_states enable row level security;
alter table anchor_states force row level security;
create policy node on anchor_states using (tallystick_is_node());
create policy anyone on anchor_states for select using (true);

-- When its place on the chain was last lost: its block replaced, its nonce taken. Stays when it is anchored again.
alter table anchors add column lost_at timestamptz;
