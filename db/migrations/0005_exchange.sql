-- Which state of an authorization may follow which. The same table as core/authorization/states.ts, here where nothing
-- gets around it.
create table authorization_legal_moves (
  from_state text not null,
  to_state   text not null,
  primary key (from_state, to_state)
);
insert into authorization_legal_moves values
  ('draft', 'signed'),
  ('signed', 'countersigned'), ('signed', 'revoked'), ('signed', 'expired'),
  ('countersigned', 'active'), ('countersigned', 'revoked'), ('countersigned', 'expired'),
  ('active', 'suspended'), ('active', 'revoked'), ('active', 'expired'), ('active', 'exhausted'), ('active', 'superseded'),
  ('suspended', 'active'), ('suspended', 'revoked'), ('suspended', 'expired'), ('suspended', 'superseded');
create trigger legal_moves_stay before update or delete on authorization_legal_moves
  for each statement execute function refuse_change();

create table authorizations (
  id            uuid primary key,
  subject       uscc not null,
  grantee       uscc not null check (grantee <> subject),
  -- Subject, grantee and holders: who sees that it exists, and every release under it.
  parties       text[] not null check (subject = any(parties) and grantee = any(parties)),
  state         text not null check (state in ('draft', 'signed', 'countersigned', 'active', 'suspended', 'revoked',
                                               'expired', 'exhausted', 'superseded')),
  -- RFC 8785 text: what was or will be signed.
  payload       text not null,
  -- JWS General JSON as last logged, with where; null for a draft, which nobody has signed.
  signed        text,
  record_index  bigint unique,
  record_digest sha256 unique,
  nonce         text not null unique,
  -- Application it is limited to, if any.
  application   text,
  supersedes    uuid,
  not_before    timestamptz not null,
  not_after     timestamptz not null check (not_after > not_before),
  -- Commitments that the selectors stood for on activation, a list a resource, and their hash.
  frozen        jsonb,
  -- Counted in the transaction that logs a release. The day is one in UTC.
  uses          int not null default 0 check (uses between 0 and max_uses),
  max_uses      int not null check (max_uses > 0),
  used_on       date,
  uses_that_day int not null default 0 check (uses_that_day between 0 and max_per_day),
  max_per_day   int not null check (max_per_day > 0),
  created_at    timestamptz not null,
  check ((state = 'draft') = (signed is null)),
  check ((signed is null) = (record_index is null) and (signed is null) = (record_digest is null)),
  check (frozen is not null or state not in ('active', 'suspended', 'exhausted', 'superseded'))
);
-- Finding the one to use, newest first.
create index authorizations_between on authorizations (subject, grantee, created_at desc);
-- The sweep that ends what has run out.
create index authorizations_ending on authorizations (not_after) where state in ('signed', 'countersigned', 'active', 'suspended');

create function refuse_illegal_authorization_move() returns trigger language plpgsql as $$
begin
  if new.state <> old.state and not exists (
    select from authorization_legal_moves where from_state = old.state and to_state = new.state)
  then
    raise exception 'an authorization can not go from % to %', old.state, new.state using errcode = 'restrict_violation';
  end if;
  if old.state <> 'draft' and (new.id, new.payload, new.nonce, new.max_uses, new.max_per_day, new.not_after)
    is distinct from (old.id, old.payload, old.nonce, old.max_uses, old.max_per_day, old.not_after)
  then
    raise exception 'what was signed does not change' using errcode = 'restrict_violation';
  end if;
  if old.frozen is not null and new.frozen is distinct from old.frozen or new.uses < old.uses then
    raise exception 'what was frozen or used stays so' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger authorizations_move before update on authorizations
  for each row execute function refuse_illegal_authorization_move();

-- Every move of every authorization, each a record of the log.
create table authorization_moves (
  record_index  bigint primary key,
  authorization_id uuid not null references authorizations,
  from_state    text not null,
  to_state      text not null,
  at            timestamptz not null,
  by            text not null,
  reason        text,
  foreign key (from_state, to_state) references authorization_legal_moves
);
create index authorization_moves_of on authorization_moves (authorization_id, record_index);
create trigger authorization_moves_stay before update or delete on authorization_moves
  for each statement execute function refuse_change();

-- Signed acts that move an authorization are taken once.
create table authorization_act_nonces (
  nonce text primary key
);

-- What left, under which authorization, to whom.
create table releases (
  id            uuid primary key,
  record_index  bigint not null unique,
  authorization_id uuid not null references authorizations,
  grantee       uscc not null,
  subject       uscc not null,
  parties       text[] not null check (subject = any(parties) and grantee = any(parties)),
  application   text not null,
  action        text not null check (action in ('read', 'push')),
  -- Log positions of what was released.
  records       bigint[] not null,
  -- JWS by the node key.
  receipt       text not null,
  released_at   timestamptz not null
);
create index releases_under on releases (authorization_id, record_index);
create trigger releases_stay before update or delete on releases for each statement execute function refuse_change();

-- What was asked for and not given.
create table denials (
  record_index  bigint primary key,
  caller        uscc not null,
  subject       uscc not null,
  parties       text[] not null check (subject = any(parties) and caller = any(parties)),
  authorization_id uuid,
  application   text,
  code          text not null,
  detail        text not null,
  denied_at     timestamptz not null
);
create trigger denials_stay before update or delete on denials for each statement execute function refuse_change();

alter table authorizations enable row level security;
alter table authorizations force row level security;
create policy node on authorizations using (tallystick_is_node());
-- A draft is its subject's own.
create policy parties on authorizations for select using (
  tallystick_reader() = subject or (tallystick_reader() = any(parties) and state <> 'draft'));

alter table authorization_moves enable row level security;
alter table authorization_moves force row level security;
create policy node on authorization_moves using (tallystick_is_node());
create policy parties on authorization_moves for select using (
  exists (select from authorizations where authorizations.id = authorization_id));

alter table authorization_act_nonces enable row level security;
alter table authorization_act_nonces force row level security;
create policy node on authorization_act_nonces using (tallystick_is_node());

alter table releases enable row level security;
alter table releases force row level security;
create policy node on releases using (tallystick_is_node());
create policy parties on releases for select using (tallystick_reader() = any(parties));

alter table denials enable row level security;
alter table denials force row level security;
create policy node on denials using (tallystick_is_node());
create policy parties on denials for select using (tallystick_reader() = any(parties));
