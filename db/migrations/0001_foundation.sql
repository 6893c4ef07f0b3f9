-- Who reads. Set for one transaction by db/database.ts: an organization's USCC, or 'node'. Unset means nobody.
create function tallystick_reader() returns text
  language sql stable parallel safe
  return coalesce(nullif(current_setting('tallystick.reader', true), ''), 'nobody');

create function tallystick_is_node() returns boolean
  language sql stable parallel safe
  return tallystick_reader() = 'node';

-- Rows that are evidence or history are never changed. Named on a table as a trigger, so that not even a
-- programming error of ours rewrites what was acknowledged.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of % is not allowed: its rows are append-only', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;

create domain uscc as text check (value ~ '^[0-9A-HJ-NP-RTUWXY]{18}$');
create domain sha256 as bytea check (octet_length(value) = 32);

create table organizations (
  uscc        uscc primary key,
  name        text not null check (length(name) between 1 and 200),
  roles       text[] not null check (roles <@ array['distributor','hospital','bank','auditor','manufacturer','carrier','spd','operator','registry']),
  -- The organization's records live here (true), or at a peer whose base URL is known.
  hosted      boolean not null,
  node        text,
  gln         text,
  suspended_at timestamptz,
  created_at  timestamptz not null default now()
);

-- Client assertions, DPoP proofs and other things that may be used once, until they would have expired anyway.
create table used_once (
  kind       text not null,
  id         text not null check (length(id) <= 200),
  expires_at timestamptz not null,
  primary key (kind, id)
);
create index used_once_expiry on used_once (expires_at);
