-- Who may register codes below a prefix: a GS1 company prefix (digits) or a Handle prefix (numbers with dots). A prefix is
-- allocated once and for good; a longer one below it may be another's, and the longest decides.
create table code_prefixes (
  prefix       text primary key check (prefix ~ '^([0-9]{4,12}|[0-9]{1,10}(\.[0-9]{1,10}){1,7})$'),
  org          uscc not null references organizations,
  allocated_at timestamptz not null
);
create index code_prefixes_of on code_prefixes (org, prefix);

create table codes (
  code          text primary key check (length(code) between 1 and 500),
  -- What the code names, however it is written: of an instance, its key and serial without lot and variant. Unique, so
  -- that one serial can't be registered again under another lot. Look-ups go by this index.
  identity      text not null unique,
  org           uscc not null references organizations,
  prefix        text not null references code_prefixes,
  description   text not null check (length(description) between 1 and 200),
  -- [{linkType, href, title, hreflang, type, context, default}]; none, or exactly one default.
  links         jsonb not null check (
    jsonb_typeof(links) = 'array'
    and (links = '[]' or jsonb_array_length(jsonb_path_query_array(links, '$[*] ? (@.default == true)')) = 1)
  ),
  registered_at timestamptz not null,
  changed_at    timestamptz not null check (changed_at >= registered_at)
);
create index codes_of on codes (org, code);

-- What was answered to a registration, so that a client that repeats it gets the same answer.
create table code_requests (
  org         uscc not null references organizations,
  key         text not null check (length(key) between 1 and 200),
  -- Of the request's content in RFC 8785 form.
  content     sha256 not null,
  results     jsonb not null,
  answered_at timestamptz not null,
  primary key (org, key)
);

-- A code never changes hands and is never used for something else. What it leads to may change.
create function refuse_code_change() returns trigger language plpgsql as $$
begin
  if (to_jsonb(new) - 'links' - 'description' - 'changed_at') = (to_jsonb(old) - 'links' - 'description' - 'changed_at') then
    return new;
  end if;
  raise exception 'only what a code leads to can be changed' using errcode = 'restrict_violation';
end $$;
create trigger codes_stay before update on codes for each row execute function refuse_code_change();
create trigger codes_kept before delete or truncate on codes execute function refuse_change();
create trigger code_prefixes_stay before update or delete or truncate on code_prefixes execute function refuse_change();

alter table code_prefixes enable row level security;
alter table code_prefixes force row level security;
create policy node on code_prefixes using (tallystick_is_node());
create policy owner on code_prefixes for select using (org = tallystick_reader());
alter table codes enable row level security;
alter table codes force row level security;
create policy node on codes using (tallystick_is_node());
create policy owner on codes for select using (org = tallystick_reader());
alter table code_requests enable row level security;
alter table code_requests force row level security;
create policy node on code_requests using (tallystick_is_node());
