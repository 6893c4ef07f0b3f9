-- Financing marks as they are to stand, and as they were last seen to stand, in the contract of a chain. A mark in
-- `financings` is what banks and sellers signed; this is what a chain made of it, and follows from no record.
create table registry_marks (
  financing    uuid not null,
  -- Genesis hash and contract are part of the chain's identity, as with anchors.
  chain_id     bigint not null,
  genesis      bytea not null check (octet_length(genesis) = 32),
  contract     bytea not null check (octet_length(contract) = 20),
  -- Drawn at random: the contract's name of the mark tells nothing. Salts open what is committed to.
  id           sha256 not null,
  salt         sha256 not null,
  bank_salt    sha256 not null,
  -- Of the invoice, one for each version of the registry key that was kept.
  fingerprints bytea[] not null check (cardinality(fingerprints) between 1 and 4),
  -- Hash of the seller's consent; the contract is given it with its own address.
  consent_hash sha256 not null,
  -- SHA-256 of the bank's latest signed act.
  signed       sha256 not null,
  expires      timestamptz not null,
  wanted       text not null check (wanted in ('REGU', 'PNDG', 'FNCD', 'CANC')),
  state        text not null check (state in ('pending', 'mined', 'final', 'lost', 'chain-forgotten')),
  -- The transaction that brought it there, and its block.
  transaction  bytea check (octet_length(transaction) = 32),
  block_number bigint,
  block_hash   bytea check (octet_length(block_hash) = 32),
  block_at     timestamptz,
  queued_at    timestamptz not null,
  -- When it last lost its place on the chain; stays when it has it again.
  lost_at      timestamptz,
  looked_at    timestamptz,
  trouble      text,
  primary key (financing, genesis, contract),
  unique (genesis, contract, id)
);
create index registry_marks_open on registry_marks (chain_id, genesis, contract) where state in ('pending', 'mined');
create index registry_marks_on on registry_marks using gin (fingerprints);
create index registry_marks_settled on registry_marks (genesis, contract, block_number) where state = 'final';

-- Every transaction ever signed for a mark, stored before it is sent: after a crash the same bytes go out again.
create table registry_transactions (
  hash      bytea primary key check (octet_length(hash) = 32),
  genesis   bytea not null,
  contract  bytea not null,
  financing uuid not null,
  act       text not null check (act in ('commit', 'mark', 'hold', 'finance', 'amend', 'cancel')),
  sender    bytea not null check (octet_length(sender) = 20),
  nonce     bigint not null check (nonce >= 0),
  -- 0 for the first transaction of a nonce: two processes can't both sign it.
  variant   int not null check (variant >= 0),
  raw       bytea not null,
  -- Wei for a unit of gas: price, or cap and tip on a chain with a base fee.
  fee       numeric not null check (fee >= 0),
  tip       numeric check (tip >= 0),
  signed_at timestamptz not null,
  foreign key (financing, genesis, contract) references registry_marks,
  unique (genesis, sender, nonce, variant)
);
create index registry_transactions_of on registry_transactions (financing);

alter table registry_marks enable row level security;
alter table registry_marks force row level security;
create policy node on registry_marks using (tallystick_is_node());
create policy parties on registry_marks for select using (
  exists (select from financings where id = financing and tallystick_reader() = any(parties)));
alter table registry_transactions enable row level security;
alter table registry_transactions force row level security;
create policy node on registry_transactions using (tallystick_is_node());
