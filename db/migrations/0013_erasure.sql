-- Lawful erasure: body and salt of a record are destroyed, and a signed tombstone that names it is logged in the same
-- transaction. The digest stays in the tree. Whatever tables hold of the record is emptied with it, and only then.

create table erasures (
  record_index bigint primary key references records,
  -- The record of type `tombstone`: logged in the transaction that erased.
  tombstone    bigint not null unique references records,
  erased_type  text not null,
  org          uscc not null,
  parties      text[] not null check (org = any(parties)),
  -- Who signed for it, and on what ground.
  signed_by    uscc not null,
  basis        text not null,
  reason       text not null check (length(reason) between 1 and 500),
  erased_at    timestamptz not null,
  check (tombstone > record_index)
);
create index erasures_newest on erasures (tombstone);
create trigger erasures_stay before update or delete or truncate on erasures execute function refuse_change();
alter table erasures enable row level security;
alter table erasures force row level security;
create policy node on erasures using (tallystick_is_node());
create policy parties on erasures for select using (tallystick_reader() = any(parties));

create function record_erased(at bigint) returns boolean language sql stable
  return exists (select from records where index = at and body is null);

-- For append-only tables: rows of an erased record may be emptied or go. The argument is the column with its position.
create function refuse_unless_erased() returns trigger language plpgsql as $$
begin
  if not record_erased((to_jsonb(old) ->> tg_argv[0])::bigint) then
    raise exception '% of % is not allowed: its rows are append-only', tg_op, tg_table_name using errcode = 'restrict_violation';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;

-- What a document says of money, dates and other documents goes; that its code and number were used stays.
alter table documents alter content drop not null, alter issue_date drop not null, alter order_code drop not null;
create or replace function refuse_document_change() returns trigger language plpgsql as $$
declare
  emptied text[] := array['claims', 'disclosures', 'content', 'issue_date', 'order_code', 'invoice_code', 'currency', 'gross'];
begin
  if record_erased(old.record_index) and new.claims is null and new.disclosures = '{}' and new.content is null
    and new.issue_date is null and new.order_code is null and new.invoice_code is null and new.currency is null
    and new.gross is null and (to_jsonb(new) - emptied) = (to_jsonb(old) - emptied)
  then
    return new;
  end if;
  raise exception 'a document can be erased, not changed' using errcode = 'restrict_violation';
end $$;

drop trigger questions_stay on questions;
create trigger questions_stay before update or delete on questions for each row execute function refuse_unless_erased('record_index');
create trigger questions_kept before truncate on questions execute function refuse_change();
drop trigger confirmations_stay on confirmations;
create trigger confirmations_stay before update or delete on confirmations for each row execute function refuse_unless_erased('record_index');
create trigger confirmations_kept before truncate on confirmations execute function refuse_change();
drop trigger denials_stay on denials;
create trigger denials_stay before update or delete on denials for each row execute function refuse_unless_erased('record_index');
create trigger denials_kept before truncate on denials execute function refuse_change();
drop trigger events_append_only on events;
create trigger events_append_only before update or delete on events for each row execute function refuse_unless_erased('index');
create trigger events_kept before truncate on events execute function refuse_change();

-- A bundle holds copies of the records it is about. When one of them is erased the file goes, and the report stays.
create function refuse_report_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.bundle = '' and (to_jsonb(new) - 'bundle') = (to_jsonb(old) - 'bundle') and exists (
    select from releases where releases.id = old.id
      and exists (select from unnest(releases.records) as it (index) where record_erased(it.index)))
  then
    return new;
  end if;
  if tg_op = 'UPDATE' and record_erased(old.record_index) then
    return new;
  end if;
  raise exception 'a report is append-only: it can be erased, not changed' using errcode = 'restrict_violation';
end $$;
drop trigger reports_stay on reports;
create trigger reports_stay before update or delete on reports for each row execute function refuse_report_change();
create trigger reports_kept before truncate on reports execute function refuse_change();

-- An event's codes go with it.
create trigger event_codes_stay before update or delete on event_codes for each row execute function refuse_unless_erased('index');
create trigger document_mentions_stay before update or delete on document_mentions
  for each row execute function refuse_unless_erased('record_index');
