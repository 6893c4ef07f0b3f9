-- What the signatures of a record still lack, or have got, from outside: time-stamps, and answers about certificates. Made in
-- the transaction that logs the record, so that no crash leaves a record without the wait that keeps it from leaving.
create table signature_evidence (
  record_index bigint primary key,
  org          uscc not null,
  parties      text[] not null,
  since        timestamptz not null,
  -- Set when everything is there; what is not settled is not released.
  settled_at   timestamptz check (settled_at >= since),
  attempts     int not null default 0 check (attempts >= 0),
  -- When to try next; pushed on by whoever tries, so that two workers don't, and a killed one is followed.
  due_at       timestamptz not null,
  -- Why the last attempt failed, for people.
  trouble      text,
  -- RFC 3161 tokens and OCSP answers, DER.
  tokens       bytea[] not null default '{}',
  answers      bytea[] not null default '{}'
);
create index signature_evidence_due on signature_evidence (due_at) where settled_at is null;
alter table signature_evidence enable row level security;
alter table signature_evidence force row level security;
create policy signature_evidence_node on signature_evidence using (tallystick_is_node());
create policy signature_evidence_reader on signature_evidence for select
  using (org = tallystick_reader() or tallystick_reader() = any(parties));
