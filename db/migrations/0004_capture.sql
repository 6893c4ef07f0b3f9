-- What was handed in at once: one document, one signature over the list of its events' commitments.
create table captures (
  id           uuid not null,
  org          uscc not null,
  -- RFC 7638 thumbprint of the device that signed; null for an unsigned capture, which is self evidence.
  device       text check (length(device) = 43),
  jws          text,
  digests      bytea[] not null,
  seq          bigint check (seq > 0),
  behaviour    text not null check (behaviour in ('rollback', 'proceed')),
  -- The EPCIS capture job.
  finished_at  timestamptz,
  success      boolean,
  errors       jsonb not null default '[]',
  created_at   timestamptz not null default now(),
  check ((jws is null) = (device is null)),
  -- An id that arrives from another node is that organization's own, whoever else has used it.
  primary key (org, id)
);
create index captures_of_org on captures (org, created_at);

create table events (
  index        bigint primary key,
  capture      uuid not null,
  position     int not null check (position >= 0),
  org          uscc not null,
  parties      text[] not null check (org = any(parties)),
  event_id     text not null,
  declares_error boolean not null,
  type         text not null,
  action       text,
  biz_step     text,
  disposition  text,
  event_time   timestamptz not null,
  read_point   text,
  biz_location text,
  entitled     boolean not null,
  -- Why it does not count, from the table of reasons in core/entitlement.
  reason       text,
  backfilled   boolean not null,
  event        jsonb not null,
  logged_at    timestamptz not null,
  -- Judged by the capturing organization alone, so that nobody can squat or probe another's event ids.
  unique (org, event_id, declares_error),
  foreign key (org, capture) references captures (org, id)
);
create index events_of_org on events (org, index);
create index events_by_time on events (event_time);

-- Every code an event is about: what it names, contains, moves, or where it happened.
create table event_codes (
  code   text not null,
  index  bigint not null references events,
  primary key (code, index)
);

alter table captures enable row level security;
alter table captures force row level security;
create policy captures_reader on captures using (tallystick_is_node() or org = tallystick_reader());

alter table events enable row level security;
alter table events force row level security;
create policy events_reader on events using (tallystick_is_node() or tallystick_reader() = any(parties));

alter table event_codes enable row level security;
alter table event_codes force row level security;
create policy event_codes_reader on event_codes
  using (tallystick_is_node() or exists (select from events where events.index = event_codes.index));

create trigger events_append_only before update or delete on events for each statement execute function refuse_change();
