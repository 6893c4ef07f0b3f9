-- As a witness: the newest head cosigned for each log. It only ever grows, and never into another tree: the signature is
-- made after this row was committed.
create table witnessed_heads (
  origin      text primary key check (origin <> ''),
  size        bigint not null check (size >= 0),
  root        sha256 not null,
  -- The checkpoint as the log signed it.
  note        text not null,
  -- Time of the newest cosignature, in whole seconds.
  cosigned_at timestamptz not null
);

create function refuse_witnessed_rewind() returns trigger language plpgsql as $$
begin
  if new.origin = old.origin and new.cosigned_at >= old.cosigned_at
    and (new.size > old.size or (new.size = old.size and new.root = old.root))
  then
    return new;
  end if;
  raise exception 'a witnessed log can grow, not shrink or change' using errcode = 'restrict_violation';
end $$;

create trigger witnessed_heads_grow before update on witnessed_heads
  for each row execute function refuse_witnessed_rewind();
create trigger witnessed_heads_stay before delete or truncate on witnessed_heads execute function refuse_change();

-- Heads that a log's own key signed and that were not cosigned. `fork`: another root at the size that was cosigned, which
-- proves that the log's key signed two histories. `unproven`: the proof that came along did not verify, which anybody can
-- bring about by sending a bad proof with a good head.
create table refused_heads (
  origin     text not null check (origin <> ''),
  size       bigint not null check (size >= 0),
  root       sha256 not null,
  kind       text not null check (kind in ('fork', 'unproven')),
  note       text not null,
  -- What was cosigned at that time.
  held_size  bigint not null check (held_size >= 0),
  refused_at timestamptz not null,
  primary key (origin, kind, size, root)
);
create trigger refused_heads_kept before update or delete or truncate on refused_heads execute function refuse_change();

-- As a log: what witnesses gave us for our own heads. The first of each witness is kept.
create table cosignatures (
  -- Verifier key of the witness, name+id+base64.
  witness     text not null,
  size        bigint not null references checkpoints,
  -- Signature line of a note, without its newline.
  line        text not null,
  cosigned_at timestamptz not null,
  primary key (witness, size)
);
create index cosignatures_size on cosignatures (size);
create trigger cosignatures_kept before update or delete or truncate on cosignatures execute function refuse_change();

alter table witnessed_heads enable row level security;
alter table witnessed_heads force row level security;
alter table refused_heads enable row level security;
alter table refused_heads force row level security;
alter table cosignatures enable row level security;
alter table cosignatures force row level security;

create policy node on witnessed_heads using (tallystick_is_node());
create policy anyone on witnessed_heads for select using (true);
create policy node on refused_heads using (tallystick_is_node());
create policy anyone on refused_heads for select using (true);
create policy node on cosignatures using (tallystick_is_node());
create policy anyone on cosignatures for select using (true);
