-- Which statement a record carries: fsck looks it up by its name.
create unique index statements_hash on statements (hash);
create index statements_record on statements (record_index);

-- What the log keeps beside a record is in no leaf, and of some kinds of records nothing else repeats it. A digest of it
-- lets fsck find a single changed bit. Of events nothing is written, the busiest kind by far: their own table repeats it
-- all, until they are erased.
create function record_envelope(index bigint, type text, org text, parties text[], client_key text, logged_at timestamptz)
  returns bytea language sql stable parallel safe as $$
  select pg_catalog.sha256(convert_to(concat_ws(E'\n', index, type, org, array_to_string(parties, ' '),
    coalesce(client_key, ''), (extract(epoch from logged_at) * 1000000)::bigint), 'UTF8'))
$$;
alter table records add column envelope sha256;

create or replace function refuse_record_change() returns trigger language plpgsql as $$
begin
  if new.salt is null and new.body is null
    and (new.index, new.type, new.org, new.parties, new.digest, new.client_key, new.logged_at)
      is not distinct from (old.index, old.type, old.org, old.parties, old.digest, old.client_key, old.logged_at)
    and new.envelope = coalesce(old.envelope, new.envelope)
  then
    return new;
  end if;
  raise exception 'a record can be erased, not changed' using errcode = 'restrict_violation';
end $$;

alter table records disable trigger records_stay;
update records set envelope = record_envelope(index, type, org, parties, client_key, logged_at)
  where type <> 'event' or body is null;
alter table records enable trigger records_stay;

-- Telemetry can be erased as other records can: the pack's place stays, and the device's number, so that no gap is seen
-- where something was lawfully erased.
drop trigger telemetry_seeds_stay on telemetry_seeds;
create trigger telemetry_seeds_stay before update or delete on telemetry_seeds
  for each row execute function refuse_unless_erased('pack');
create trigger telemetry_seeds_kept before truncate on telemetry_seeds execute function refuse_change();
drop trigger telemetry_subjects_stay on telemetry_subjects;
create trigger telemetry_subjects_stay before update or delete on telemetry_subjects
  for each row execute function refuse_unless_erased('pack');
create trigger telemetry_subjects_kept before truncate on telemetry_subjects execute function refuse_change();
drop trigger readings_stay on readings;
create trigger readings_stay before update or delete on readings
  for each row execute function refuse_unless_erased('pack');
create trigger readings_kept before truncate on readings execute function refuse_change();

-- Whoever asks for an erased event by its id is told so. Of the id only a digest is left: a CBV id is made of the event.
create table erased_events (
  record_index bigint primary key references records,
  id           sha256 not null,
  parties      text[] not null
);
create index erased_events_id on erased_events (id);
create trigger erased_events_stay before update or delete or truncate on erased_events execute function refuse_change();
alter table erased_events enable row level security;
alter table erased_events force row level security;
create policy erased_events_reader on erased_events
  using (tallystick_is_node() or tallystick_reader() = any(parties));
