-- Whom the operator has asked in. Only the hash of what the invited party shows is kept: who reads this can't be it.
create table invitations (
  id           uuid primary key,
  code         sha256 not null unique,
  uscc         uscc not null,
  name         text not null,
  roles        text[] not null,
  hosted       boolean not null,
  node         text,
  gln          text,
  invited_by   uscc not null references organizations,
  invited_at   timestamptz not null,
  expires_at   timestamptz not null check (expires_at > invited_at),
  redeemed_at  timestamptz check (redeemed_at between invited_at and expires_at),
  -- SHA-256 of the request for a certificate: whoever lost the answer may ask again with the same key, and nobody else.
  redeemed_for sha256 check ((redeemed_for is null) = (redeemed_at is null)),
  withdrawn_at timestamptz check (withdrawn_at is null or redeemed_at is null)
);
-- An organization is asked once at a time.
create unique index invitations_open on invitations (uscc) where redeemed_at is null and withdrawn_at is null;

alter table invitations enable row level security;
alter table invitations force row level security;
create policy invitations_node on invitations using (tallystick_is_node());

-- An organization has another key of its own certified while the old one still acts. Whoever held a stolen one could do so
-- too: with the key that is taken back for that, all that grew from it goes.
alter table certificates add column renewed_from sha256 references certificates check (renewed_from <> thumbprint);
create index certificates_renewed on certificates (renewed_from) where renewed_from is not null;
