-- Telemetry: SenML packs. A pack is one record of the log; the record holds the root over commitments to its readings.

create table telemetry_packs (
  index      bigint primary key references records,
  org        uscc not null,
  -- Who may see some of it; which readings, the subjects say.
  parties    text[] not null check (org = any(parties)),
  -- RFC 7638 thumbprint of the device that signed; null for an unsigned pack, which is self evidence.
  device     text check (length(device) = 43),
  seq        bigint check (seq > 0),
  -- What relative times were relative to: the device's clock, or reception of an unsigned pack.
  iat        timestamptz not null,
  count      int not null check (count > 0),
  logged_at  timestamptz not null,
  check ((device is null) = (seq is null))
);
create index telemetry_packs_sequence on telemetry_packs (org, device, index) where device is not null;

-- Salts of all readings of a pack come from its seed, so only its owner may know it.
create table telemetry_seeds (
  pack  bigint primary key references telemetry_packs,
  seed  bytea not null check (octet_length(seed) = 32)
);

-- What the readings of a pack are about: few of them, many readings.
create table telemetry_subjects (
  pack     bigint not null references telemetry_packs,
  n        smallint not null check (n >= 0),
  -- Canonical code of a place, or of goods; null where names have none: then the device itself.
  code     text,
  parties  text[] not null,
  -- Why readings about it do not count, from the table of reasons in core/entitlement; null where they do.
  reason   text,
  primary key (pack, n)
);
create index telemetry_subjects_code on telemetry_subjects (code, pack) where code is not null;

create table readings (
  pack      bigint not null,
  position  int not null check (position >= 0),
  subject   smallint not null,
  name      text not null,
  time      timestamptz not null,
  -- The resolved record with its digits as received: what was committed to.
  reading   text not null,
  primary key (pack, position)
);
create index readings_by_name on readings (name, time);

create trigger telemetry_packs_stay before update or delete or truncate on telemetry_packs for each statement execute function refuse_change();
create trigger telemetry_seeds_stay before update or delete or truncate on telemetry_seeds for each statement execute function refuse_change();
create trigger telemetry_subjects_stay before update or delete or truncate on telemetry_subjects for each statement execute function refuse_change();
create trigger readings_stay before update or delete or truncate on readings for each statement execute function refuse_change();

alter table telemetry_packs enable row level security;
alter table telemetry_packs force row level security;
create policy telemetry_packs_reader on telemetry_packs
  using (tallystick_is_node() or tallystick_reader() = any(parties));
alter table telemetry_seeds enable row level security;
alter table telemetry_seeds force row level security;
create policy telemetry_seeds_reader on telemetry_seeds using (tallystick_is_node());
alter table telemetry_subjects enable row level security;
alter table telemetry_subjects force row level security;
create policy telemetry_subjects_reader on telemetry_subjects
  using (tallystick_is_node() or tallystick_reader() = any(parties));
alter table readings enable row level security;
alter table readings force row level security;
create policy readings_reader on readings using (tallystick_is_node() or exists (
  select from telemetry_subjects s
  where s.pack = readings.pack and s.n = readings.subject and tallystick_reader() = any(s.parties)));
