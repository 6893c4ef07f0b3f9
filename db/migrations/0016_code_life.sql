-- The life of a code: registered → active → superseded or withdrawn. Every registration and change is a record of the log,
-- and what a code was before stays, so that it can be told what it led to at any time.
alter table codes
  add column version   int not null default 1 check (version > 0),
  add column state     text not null default 'active' check (state in ('registered', 'active', 'superseded', 'withdrawn')),
  -- The code that took its place.
  add column successor text references codes check (successor <> code),
  -- Why it was withdrawn, to whoever scans it.
  add column reason    text check (length(reason) between 1 and 200),
  -- Index of the log record that made it what it is; null for what was registered before the log kept that.
  add column record    bigint references records,
  add check ((state = 'superseded') = (successor is not null)),
  add check ((state = 'withdrawn') = (reason is not null));

create table code_history (
  code        text not null references codes,
  version     int not null,
  state       text not null,
  successor   text,
  reason      text,
  record      bigint,
  description text not null,
  links       jsonb not null,
  since       timestamptz not null,
  primary key (code, version)
);
create trigger code_history_stays before update or delete or truncate on code_history execute function refuse_change();

create or replace function refuse_code_change() returns trigger language plpgsql as $$
declare
  life constant text[] := array['links', 'description', 'changed_at', 'version', 'state', 'successor', 'reason', 'record'];
begin
  if (to_jsonb(new) - life) <> (to_jsonb(old) - life) then
    raise exception 'only what a code leads to and its state can be changed' using errcode = 'restrict_violation';
  end if;
  if new.version <> old.version + 1 or new.changed_at < old.changed_at then
    raise exception 'the versions of a code follow each other' using errcode = 'restrict_violation';
  end if;
  if old.state = 'withdrawn' or (old.state, new.state) not in (
    ('registered', 'registered'), ('registered', 'active'), ('registered', 'withdrawn'),
    ('active', 'active'), ('active', 'superseded'), ('active', 'withdrawn'),
    ('superseded', 'superseded'), ('superseded', 'withdrawn'))
  then
    raise exception 'a code can not go from % to %', old.state, new.state using errcode = 'restrict_violation';
  end if;
  insert into code_history (code, version, state, successor, reason, record, description, links, since)
    values (old.code, old.version, old.state, old.successor, old.reason, old.record, old.description, old.links, old.changed_at);
  return new;
end $$;

-- What was answered to a request that the log keeps: a client that repeats it under its key gets the same.
drop table code_requests;
create table code_results (
  record  bigint primary key references records,
  results jsonb not null
);

-- The next reference to give below a prefix, for each kind of key; what was passed over is never given.
create table code_counters (
  prefix text not null references code_prefixes,
  kind   text not null check (length(kind) between 1 and 60),
  next   bigint not null check (next >= 0),
  primary key (prefix, kind)
);
-- What was given to a request with a key, before it was registered: the same request again gets the same.
create table code_reservations (
  org     uscc not null references organizations,
  key     text not null check (length(key) between 1 and 200),
  -- Of the request's content in RFC 8785 form.
  content sha256 not null,
  codes   jsonb not null,
  primary key (org, key)
);

-- Who asked where a code leads: for its owner to read, and never evidence of a delivery.
create table resolutions (
  id     bigint generated always as identity,
  code   text not null,
  org    uscc not null references organizations,
  at     timestamptz not null,
  -- How it was asked: link, linkset, handle.
  -- The organization that asked, where it said who it is.
  reader uscc,
  form   text not null check (form in ('link', 'linkset', 'handle')),
  status smallint not null,
  count  int not null check (count > 0)
);
-- The only index: each costs every look-up.
create unique index resolutions_of on resolutions (org, id);

alter table code_history enable row level security;
alter table code_history force row level security;
create policy node on code_history using (tallystick_is_node());
alter table code_results enable row level security;
alter table code_results force row level security;
create policy node on code_results using (tallystick_is_node());
alter table code_counters enable row level security;
alter table code_counters force row level security;
create policy node on code_counters using (tallystick_is_node());
alter table code_reservations enable row level security;
alter table code_reservations force row level security;
create policy node on code_reservations using (tallystick_is_node());
alter table resolutions enable row level security;
alter table resolutions force row level security;
create policy node on resolutions using (tallystick_is_node());
create policy owner on resolutions for select using (org = tallystick_reader());
