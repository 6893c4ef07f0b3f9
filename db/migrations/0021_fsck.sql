-- Which statement a record carries: fsck looks it up by its name.
create unique index statements_hash on statements (hash);

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
