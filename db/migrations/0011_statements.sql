-- Numbered statements of every signer on every matter (core/statement.ts), as far as they have come to this node's log.
create table statements (
  signer       uscc not null,
  -- aboutOf the matter.
  about        sha256 not null,
  seq          bigint not null check (seq > 0),
  kind         text not null,
  -- Code or UUID of what it is about.
  matter       text not null,
  hash         sha256 not null,
  -- Of the statement before; none before the first.
  prev         sha256 check ((prev is null) = (seq = 1)),
  -- What of it is shown where its words are withheld: protected header and payload hash give the statement's hash.
  header       text not null,
  payload_hash sha256 not null,
  record_index bigint not null,
  -- A number is given once: two statements under one number exclude each other here, whoever races.
  primary key (signer, about, seq)
);
create trigger statements_stay before update or delete on statements for each statement execute function refuse_change();

-- Statements that contradict what is held: the same number with other words, or another statement before. Refused as
-- acts, and kept as evidence, since both bear the signer's signature.
create table statement_conflicts (
  id           bigint generated always as identity primary key,
  signer       uscc not null,
  about        sha256 not null,
  seq          bigint not null check (seq >= 0),
  kind         text not null check (kind in ('repeat', 'fork', 'head')),
  -- As signed.
  jws          text not null,
  hash         sha256 not null,
  seen_at      timestamptz not null,
  unique (signer, about, seq, kind, hash)
);
create trigger statement_conflicts_stay before update or delete on statement_conflicts
  for each statement execute function refuse_change();

-- Status heads that signers published, one row for each matter named in one.
create table status_heads (
  record_index bigint not null,
  signer       uscc not null,
  about        sha256 not null,
  seq          bigint not null check (seq >= 0),
  hash         sha256 check ((hash is null) = (seq = 0)),
  at           timestamptz not null,
  jws          text not null,
  primary key (signer, about, record_index)
);
-- The furthest, and of these the newest, is the one that counts.
create index status_heads_newest on status_heads (signer, about, seq desc, at desc);
create trigger status_heads_stay before update or delete on status_heads
  for each statement execute function refuse_change();

alter table statements enable row level security;
alter table statements force row level security;
create policy statements_reader on statements using (tallystick_is_node() or signer = tallystick_reader());

alter table statement_conflicts enable row level security;
alter table statement_conflicts force row level security;
create policy statement_conflicts_reader on statement_conflicts
  using (tallystick_is_node() or signer = tallystick_reader());

alter table status_heads enable row level security;
alter table status_heads force row level security;
create policy status_heads_reader on status_heads using (tallystick_is_node() or signer = tallystick_reader());

-- Which numbers of a device have come, and which have come twice.
create index captures_of_device on captures (device, seq) where device is not null;
