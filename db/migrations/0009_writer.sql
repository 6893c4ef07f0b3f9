-- Who writes the log. At any moment one process does, under a lease; the term of the lease stands in the head row too,
-- where each batch compares it under the lock it takes anyway: a writer that slept through its lease can't add a thing.
create table log_writer (
  only_row  boolean primary key default true check (only_row),
  -- Name of the process, for people. Null when the lease was given back.
  holder    text check (length(holder) between 1 and 200),
  -- Grows with each take-over and never returns.
  term      bigint not null check (term >= 0),
  since     timestamptz,
  -- By the database's clock alone: those of the processes are never compared.
  until     timestamptz not null,
  -- Why nobody may write, until `recover` has shown that the log extends every head known elsewhere.
  closed    text check (length(closed) between 1 and 2000),
  closed_at timestamptz,
  check ((closed is null) = (closed_at is null))
);
insert into log_writer values (true, null, 0, null, '1970-01-01Z', null, null);

alter table log_head add column term bigint not null default 0 check (term >= 0);

create or replace function refuse_head_rewind() returns trigger language plpgsql as $$
begin
  if new.size >= old.size and new.version > old.version and new.term >= old.term then
    return new;
  end if;
  raise exception 'the log can grow, not shrink' using errcode = 'restrict_violation';
end $$;

create function refuse_term_rewind() returns trigger language plpgsql as $$
begin
  if new.term >= old.term then
    return new;
  end if;
  raise exception 'a term of the writer never returns' using errcode = 'restrict_violation';
end $$;

create trigger term_grows before update on log_writer for each row execute function refuse_term_rewind();
create trigger writer_stays before delete or truncate on log_writer execute function refuse_change();

alter table log_writer enable row level security;
alter table log_writer force row level security;
create policy node on log_writer using (tallystick_is_node());
