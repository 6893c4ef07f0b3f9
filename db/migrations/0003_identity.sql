-- Certificates that organizations have used here. A certificate is public: it goes out with everything it signs.
create table certificates (
  thumbprint  sha256 primary key,
  uscc        uscc not null references organizations,
  -- DER, leaf first, as sent; validated before it came here.
  chain       bytea[] not null check (cardinality(chain) between 1 and 4),
  serial      text not null check (serial ~ '^([0-9a-f]{2}){1,20}$'),
  not_before  timestamptz not null,
  not_after   timestamptz not null check (not_after > not_before),
  first_seen  timestamptz not null default now()
);
create index certificates_of on certificates (uscc);

-- What the development CA has revoked: the content of its next list. A revocation is never taken back.
create table revocations (
  serial      text primary key check (serial ~ '^([0-9a-f]{2}){1,20}$'),
  reason      text not null check (reason in ('keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded',
                'cessationOfOperation', 'privilegeWithdrawn')),
  revoked_at  timestamptz not null,
  invalid_since timestamptz,
  revoked_by  uscc not null references organizations
);
create trigger revocations_stay before update or delete on revocations for each row execute function refuse_change();

-- Every revocation list made or fetched here. All are kept: a bundle carries the one of the day of signing.
create table revocation_lists (
  -- Lists come in one at a time, so a larger number here is a later commit.
  seq         bigint generated always as identity primary key,
  digest      sha256 not null unique,
  -- SHA-256 over the DER of the issuer's name.
  issuer      sha256 not null,
  number      numeric not null check (number >= 0),
  this_update timestamptz not null,
  next_update timestamptz not null,
  der         bytea not null
);
create index revocation_lists_newest on revocation_lists (issuer, this_update desc, seq desc);
create trigger revocation_lists_stay before update on revocation_lists for each row execute function refuse_change();

-- Keys that organizations endorsed with their certificates: for tokens (api, node) and scans (device).
create table keys (
  -- Of the endorsement.
  id          uuid primary key,
  log_index   bigint not null unique,
  -- RFC 7638, base64url.
  thumbprint  text not null check (thumbprint ~ '^[A-Za-z0-9_-]{43}$'),
  kind        text not null check (kind in ('api', 'device', 'node')),
  uscc        uscc not null references organizations,
  label       text not null,
  jwk         jsonb not null,
  -- Where a device stands, and for which steps its scans may count: null is any.
  location    text,
  steps       text[],
  check ((kind = 'device') = (location is not null)),
  check (kind = 'device' or steps is null),
  -- The signed text itself; and by which certificate: a key lives no longer than the one that vouches for it.
  endorsement text not null,
  certificate sha256 not null references certificates,
  not_before  timestamptz not null,
  not_after   timestamptz not null check (not_after > not_before),
  endorsed_at timestamptz not null,
  -- Set when a later endorsement of the same key takes this one's place.
  superseded_at timestamptz,
  revoked_at  timestamptz
);
create unique index keys_current on keys (thumbprint, uscc) where superseded_at is null;
-- A device or a machine has one owner; a node may act for several organizations it hosts.
create unique index keys_one_owner on keys (thumbprint) where superseded_at is null and kind <> 'node';
create index keys_of on keys (uscc, log_index);

alter table keys enable row level security;
alter table keys force row level security;
create policy keys_reader on keys using (tallystick_is_node() or uscc = tallystick_reader());

-- How far each feed of another node has been taken. Moved in the transaction that keeps what was taken.
create table peer_cursors (
  peer        text not null,
  feed        text not null,
  cursor      text not null,
  moved_at    timestamptz not null default now(),
  primary key (peer, feed)
);

-- Items of a feed that were refused here: one bad item must not stop those behind it, and must not vanish either. What
-- it lacks (an organization, a key) may come later, so it is tried again; it leaves this table when it is taken.
create table peer_refused (
  id          bigint generated always as identity primary key,
  peer        text not null,
  feed        text not null,
  item        text not null,
  code        text not null,
  detail      text not null,
  refused_at  timestamptz not null default now(),
  attempts    integer not null default 1 check (attempts >= 1),
  next_at     timestamptz not null
);
create index peer_refused_due on peer_refused (peer, feed, next_at);
alter table peer_refused enable row level security;
alter table peer_refused force row level security;
create policy peer_refused_reader on peer_refused using (tallystick_is_node());

-- What other nodes must be told. Written in the transaction of what it tells about; the queue only says when to try.
create table deliveries (
  id            uuid primary key default gen_random_uuid(),
  peer          text not null,
  method        text not null check (method in ('POST', 'PUT')),
  path          text not null check (path like '/%'),
  content_type  text not null,
  body          bytea not null,
  headers       jsonb not null default '{}',
  created_at    timestamptz not null default now(),
  attempts      integer not null default 0 check (attempts >= 0),
  -- When to try next; while it is being tried, when to conclude that the one who tried has died.
  next_at       timestamptz not null default now(),
  last_error    text,
  delivered_at  timestamptz,
  dead_at       timestamptz,
  check (delivered_at is null or dead_at is null)
);
create index deliveries_due on deliveries (next_at) where delivered_at is null and dead_at is null;
create index deliveries_dead on deliveries (dead_at) where dead_at is not null;
alter table deliveries enable row level security;
alter table deliveries force row level security;
create policy deliveries_reader on deliveries using (tallystick_is_node());
