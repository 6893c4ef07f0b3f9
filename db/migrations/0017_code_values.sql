-- What an organization says about a code: typed values, each visible to anybody, to organizations with a grant, or to its
-- owner alone. A value may stay with its holder: then only its commitment and the holder's node are kept here.
create table code_templates (
  name         text not null check (name ~ '^[a-z][a-z0-9-]{0,49}$'),
  version      int not null check (version > 0),
  org          uscc not null references organizations,
  -- [{name, type, required, unique, unit?}]
  fields       jsonb not null check (jsonb_typeof(fields) = 'array'),
  state        text not null check (state in ('published', 'withdrawn')),
  record       bigint not null references records,
  published_at timestamptz not null,
  withdrawn_at timestamptz check ((state = 'withdrawn') = (withdrawn_at is not null)),
  primary key (org, name, version)
);

create table code_value_sets (
  code             text primary key references codes,
  org              uscc not null references organizations,
  template         text,
  template_version int,
  record           bigint not null references records,
  changed_at       timestamptz not null,
  foreign key (org, template, template_version) references code_templates (org, name, version)
);

create table code_values (
  code       text not null references code_value_sets,
  org        uscc not null references organizations,
  index      int not null check (index between 100 and 9999),
  type       text not null check (length(type) between 1 and 100),
  value      text check (length(value) between 1 and 4000),
  -- Of a value that stays with its holder: what it must hash to, and the base URL of the holder's node.
  commitment sha256,
  holder     text check (length(holder) between 1 and 200),
  visibility text not null check (visibility in ('public', 'listed', 'owner')),
  -- Seconds a reader may keep it.
  ttl        int not null check (ttl between 0 and 31536000),
  salt       bytea not null check (octet_length(salt) = 32),
  digest     sha256 not null,
  -- Template and field within which no two codes have the same value.
  unique_in  text check (unique_in is null or length(value) <= 500),
  primary key (code, index),
  check ((value is null) = (commitment is not null)),
  check ((value is null) = (holder is not null))
);
create unique index code_values_unique on code_values (org, unique_in, value) where unique_in is not null;

create table code_grants (
  id         bigint generated always as identity primary key,
  code       text not null references codes,
  org        uscc not null references organizations,
  grantee    uscc not null references organizations,
  -- Of which values; null is all that are listed.
  types      text[],
  purpose    text not null check (length(purpose) between 1 and 200),
  record     bigint not null references records,
  granted_at timestamptz not null,
  expires_at timestamptz check (expires_at > granted_at),
  revoked_at timestamptz
);
create index code_grants_to on code_grants (code, grantee);
create index code_grants_by on code_grants (org, id);

alter table code_templates enable row level security;
alter table code_templates force row level security;
create policy node on code_templates using (tallystick_is_node());
create policy anyone on code_templates for select using (true);
alter table code_value_sets enable row level security;
alter table code_value_sets force row level security;
create policy node on code_value_sets using (tallystick_is_node());
create policy anyone on code_value_sets for select using (true);
alter table code_grants enable row level security;
alter table code_grants force row level security;
create policy node on code_grants using (tallystick_is_node());
create policy sides on code_grants for select using (tallystick_reader() in (org, grantee));
alter table code_values enable row level security;
alter table code_values force row level security;
create policy node on code_values using (tallystick_is_node());
create policy readers on code_values for select using (
  visibility = 'public'
  or org = tallystick_reader()
  or (visibility = 'listed' and exists (
    select from code_grants g
    where g.code = code_values.code and g.grantee = tallystick_reader()
      and g.revoked_at is null and (g.expires_at is null or g.expires_at > now())
      and (g.types is null or code_values.type = any(g.types))
  ))
);
