-- Watching over what a bank has financed, under the seller's authorization for it.

-- Where the watch over an application stands; what it found is in the log.
create table watches (
  application uuid primary key references applications,
  -- Of the newest record that bore on it when it was last looked at.
  seen        bigint,
  -- The report that the next one is compared with.
  compared    uuid references reports,
  -- Refusal code, while the authorization no longer lets anybody look.
  blind       text,
  looked_at   timestamptz,
  -- When it was last its turn, looked at or not.
  turn_at     timestamptz not null
);
create index watches_by_turn on watches (turn_at);

create table alerts (
  record_index bigint primary key,
  id           uuid not null unique,
  application  uuid not null references applications,
  bank         uscc not null,
  severity     text not null check (severity in ('critical', 'warning', 'notice')),
  alert        jsonb not null,
  raised_at    timestamptz not null
);
create index alerts_of_bank on alerts (bank, record_index);
create index alerts_of_application on alerts (application, record_index);
create trigger alerts_stay before update or delete or truncate on alerts for each statement execute function refuse_change();

-- That somebody at the bank has seen it.
create table alert_acknowledgements (
  alert_index     bigint primary key references alerts,
  acknowledged_at timestamptz not null
);
create trigger alert_acknowledgements_stay before update or delete or truncate on alert_acknowledgements
  for each statement execute function refuse_change();

do $$
declare
  name text;
begin
  foreach name in array array['watches', 'alerts', 'alert_acknowledgements'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy node on %I using (tallystick_is_node())', name);
  end loop;
end $$;
create policy bank on alerts for select using (tallystick_reader() = bank);
create policy bank on alert_acknowledgements for select
  using (exists (select from alerts where alerts.record_index = alert_index));
