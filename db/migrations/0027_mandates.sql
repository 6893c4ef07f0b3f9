-- What organizations let their clerks sign, as far as it came to this node's log: with the first act, or before it.
create table mandates (
  id          uuid primary key,
  log_index   bigint not null unique,
  uscc        uscc not null references organizations,
  clerk       text not null,
  -- RFC 7638, base64url.
  key         text not null check (key ~ '^[A-Za-z0-9_-]{43}$'),
  -- Compact JWS, as the organization signed it, and SHA-256 of its payload: one mandate has many valid signatures.
  mandate     text not null,
  payload     sha256 not null,
  not_before  timestamptz not null,
  not_after   timestamptz not null check (not_after > not_before),
  logged_at   timestamptz not null,
  -- A revocation is never taken back.
  revoked_at  timestamptz
);
create index mandates_of on mandates (uscc, log_index);

alter table mandates enable row level security;
alter table mandates force row level security;
create policy mandates_reader on mandates using (tallystick_is_node() or uscc = tallystick_reader());
