-- A code names one document in all its versions, and a document has one code: neither is ever used again for another.
create table document_codes (
  code   text primary key check (length(code) between 1 and 500),
  issuer uscc not null,
  kind   text not null check (kind in ('order', 'despatch', 'receipt', 'invoice', 'credit-note')),
  number text not null check (length(number) between 1 and 100),
  seller uscc not null,
  buyer  uscc not null check (buyer <> seller),
  unique (issuer, kind, number),
  unique (code, issuer, kind, number, seller, buyer),
  check (issuer in (seller, buyer))
);

-- What documents say, beside the records that hold what was signed.
create table documents (
  record_index bigint primary key references records,
  code         text not null,
  issuer       uscc not null,
  kind         text not null,
  number       text not null,
  version      int not null check (version >= 1),
  seller       uscc not null,
  buyer        uscc not null,
  parties      text[] not null check (seller = any(parties) and buyer = any(parties)),
  issue_date   date not null,
  order_code   text not null,
  invoice_code text,
  currency     text check (currency ~ '^[A-Z]{3}$'),
  gross        bigint check (gross >= 0),
  -- Names the record in this log, and in the log of the node it came from.
  digest       sha256 not null unique,
  -- SHA-256 of the claims in RFC 8785 form, iat left out: a client that signs again what it sent before repeats itself.
  content      sha256 not null,
  -- Both are destroyed by erasure, with the record's body.
  claims       jsonb,
  disclosures  text[] not null,
  -- The node a copy was taken from; null for what was submitted here.
  peer         text,
  logged_at    timestamptz not null,
  unique (issuer, kind, number, version),
  unique (code, version),
  foreign key (code, issuer, kind, number, seller, buyer)
    references document_codes (code, issuer, kind, number, seller, buyer)
);
create index documents_of_seller on documents (seller, record_index);
create index documents_of_buyer on documents (buyer, record_index);
create index documents_of_order on documents (order_code, record_index);
create index credit_notes_of_invoice on documents (invoice_code, record_index);

create function refuse_document_change() returns trigger language plpgsql as $$
begin
  if new.claims is null and new.disclosures = '{}' and
    (to_jsonb(new) - 'claims' - 'disclosures') = (to_jsonb(old) - 'claims' - 'disclosures')
  then
    return new;
  end if;
  raise exception 'a document can be erased, not changed' using errcode = 'restrict_violation';
end $$;
create trigger documents_stay before update on documents for each row execute function refuse_document_change();
create trigger documents_kept before delete or truncate on documents execute function refuse_change();

-- Every code a document names: order, shipment, items, lots, serials. A table, not an array: under row security only
-- comparisons that leak nothing may use an index, and "contains" is not one of them.
create table document_mentions (
  code   text not null,
  record_index bigint not null references documents,
  primary key (code, record_index)
);

-- One for each logged version of an invoice, so that yes and no can't be asked until the amount is guessed.
create table questions (
  record_index bigint primary key references records,
  commitment sha256 not null unique,
  invoice    text not null,
  version    int not null check (version >= 1),
  seller     uscc not null,
  buyer      uscc not null,
  parties    text[] not null check (seller = any(parties) and buyer = any(parties)),
  question   jsonb not null,
  nonce      text not null,
  peer       text,
  asked_at   timestamptz not null,
  unique (seller, nonce)
);
create index questions_of_pair on questions (seller, buyer, asked_at);
create index questions_of_buyer on questions (buyer, record_index);

create table confirmations (
  record_index bigint primary key references records,
  question   bigint not null references questions,
  commitment sha256 not null,
  seller     uscc not null,
  buyer      uscc not null,
  parties    text[] not null check (seller = any(parties) and buyer = any(parties)),
  status     text not null check (status in ('IP', 'AP', 'CA', 'RE', 'UQ', 'PD')),
  disputed   boolean not null check (disputed or status not in ('RE', 'UQ')),
  answer     jsonb not null,
  as_of      timestamptz not null,
  expires    timestamptz not null check (as_of < expires),
  nonce      text not null,
  logged_at  timestamptz not null,
  unique (buyer, nonce),
  -- Two answers at one instant would have no last one.
  unique (question, as_of)
);
create index confirmations_of_seller on confirmations (seller, record_index);
create index confirmations_of_buyer on confirmations (buyer, record_index);

create table applications (
  id            uuid primary key,
  record_index bigint not null unique references records,
  seller        uscc not null,
  bank          uscc not null check (bank <> seller),
  parties       text[] not null check (seller = any(parties) and bank = any(parties)),
  authorization_id uuid not null,
  mode          text not null check (mode in ('明保理', '暗保理', '应收账款质押', '信用贷')),
  recourse      boolean not null,
  currency      text not null check (currency ~ '^[A-Z]{3}$'),
  nonce         text not null,
  application   jsonb not null,
  state         text not null default 'submitted'
                check (state in ('submitted', 'reported', 'referred', 'approved', 'declined', 'financed', 'released')),
  created_at    timestamptz not null,
  changed_at    timestamptz not null,
  unique (seller, nonce)
);
create index applications_of_seller on applications (seller, record_index);
create index applications_of_bank on applications (bank, record_index);

create table application_invoices (
  application uuid not null references applications,
  invoice     text not null,
  -- The version that was put to the bank.
  document    bigint not null references documents,
  primary key (application, invoice)
);
create index applications_of_document on application_invoices (document);

create function application_may_move(old_state text, new_state text) returns boolean language sql immutable
  return (old_state, new_state) in (
    ('submitted', 'reported'), ('submitted', 'declined'),
    ('reported', 'approved'), ('reported', 'declined'), ('reported', 'referred'),
    ('referred', 'reported'), ('referred', 'approved'), ('referred', 'declined'),
    ('approved', 'declined'), ('approved', 'financed'),
    ('financed', 'released'));

create function refuse_application_move() returns trigger language plpgsql as $$
begin
  if old.state = new.state or application_may_move(old.state, new.state) then
    return new;
  end if;
  raise exception 'an application does not move from % to %', old.state, new.state using errcode = 'restrict_violation';
end $$;
create trigger applications_move before update of state on applications
  for each row execute function refuse_application_move();

create table decisions (
  record_index bigint primary key references records,
  application uuid not null references applications,
  bank        uscc not null,
  parties     text[] not null,
  outcome     text not null check (outcome in ('approved', 'declined', 'referred')),
  decision    jsonb not null,
  nonce       text not null,
  decided_at  timestamptz not null,
  unique (bank, nonce)
);
create index decisions_of_application on decisions (application, record_index);

-- Whose word it takes to finance which receivable. `live` marks hold the invoice and its goods.
create table financings (
  id          uuid primary key,
  -- Of the first mark.
  record_index bigint not null unique references records,
  application uuid not null references applications,
  bank        uscc not null,
  seller      uscc not null check (seller <> bank),
  parties     text[] not null check (bank = any(parties) and seller = any(parties)),
  invoice     text not null,
  commitment  sha256 not null,
  issue_date  date not null,
  gross       bigint not null check (gross >= 0),
  currency    text not null check (currency ~ '^[A-Z]{3}$'),
  amount      bigint not null check (amount > 0 and amount <= gross),
  mode        text not null check (mode in ('明保理', '暗保理', '应收账款质押', '信用贷')),
  recourse    boolean not null,
  zhongdeng   text,
  state       text not null check (state in ('REGU', 'REDU', 'DFIN', 'PNDG', 'FNCD', 'CANC')),
  live        boolean not null generated always as (state in ('PNDG', 'FNCD')) stored,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  unique (id, live),
  check (state <> 'FNCD' or mode = '信用贷' or zhongdeng is not null)
);
create index financings_of_bank on financings (bank, record_index);
create index financings_of_seller on financings (seller, record_index);
create unique index one_mark_of_application on financings (application, invoice) where state <> 'CANC';

create function financing_may_move(old_state text, new_state text) returns boolean language sql immutable
  return (old_state, new_state) in (
    ('REGU', 'REDU'), ('REGU', 'DFIN'), ('REGU', 'PNDG'), ('REGU', 'FNCD'), ('REGU', 'CANC'),
    ('REDU', 'REGU'), ('REDU', 'DFIN'), ('REDU', 'PNDG'), ('REDU', 'FNCD'), ('REDU', 'CANC'),
    ('DFIN', 'REGU'), ('DFIN', 'REDU'), ('DFIN', 'CANC'),
    ('PNDG', 'FNCD'), ('PNDG', 'CANC'),
    ('FNCD', 'CANC'));

create function refuse_financing_move() returns trigger language plpgsql as $$
begin
  if old.state = new.state or financing_may_move(old.state, new.state) then
    return new;
  end if;
  raise exception 'a financing mark does not move from % to %', old.state, new.state using errcode = 'restrict_violation';
end $$;
create trigger financings_move before update on financings for each row execute function refuse_financing_move();

-- Every signed act on a mark. A nonce serves once, whatever the act.
create table financing_acts (
  record_index bigint primary key references records,
  financing uuid not null references financings,
  signer    uscc not null,
  kind      text not null check (kind in ('mark', 'consent', 'release')),
  nonce     text not null,
  logged_at timestamptz not null,
  unique (signer, nonce)
);
create index acts_of_financing on financing_acts (financing, record_index);

-- Fingerprints of the invoice and of each serial behind it, under each registry key that is kept.
create table financing_keys (
  financing   uuid not null,
  live        boolean not null,
  kind        text not null check (kind in ('invoice', 'serial')),
  key_version int not null check (key_version >= 1),
  fingerprint sha256 not null,
  primary key (financing, kind, key_version, fingerprint),
  -- Whether it holds is the mark's state and nothing else.
  foreign key (financing, live) references financings (id, live) on update cascade
);
create unique index one_live_mark on financing_keys (kind, key_version, fingerprint) where live;
create index marks_on_fingerprint on financing_keys (kind, key_version, fingerprint);

-- Quantities of order lines that marks hold; unit '' is the line as a whole, others are its lots and logistic units.
create table financing_lines (
  financing  uuid not null,
  live       boolean not null,
  order_code text not null,
  line       text not null,
  unit       text not null,
  quantity   numeric not null check (quantity > 0),
  -- Accepted and not returned, as the bank signed it.
  accepted   numeric not null check (quantity <= accepted),
  primary key (financing, order_code, line, unit),
  foreign key (financing, live) references financings (id, live) on update cascade
);
create index live_marks_on_line on financing_lines (order_code, line, unit) where live;

-- What is held together never exceeds what was accepted. The lock lets two writers on one line go one after the other.
create function refuse_overfinancing() returns trigger language plpgsql as $$
declare
  held numeric;
begin
  perform pg_advisory_xact_lock(hashtextextended(new.order_code || e'\n' || new.line, 0));
  select coalesce(sum(quantity), 0) into held from financing_lines
    where live and order_code = new.order_code and line = new.line and unit = new.unit and financing <> new.financing;
  if held + new.quantity > new.accepted then
    raise exception 'more than was accepted would be financed' using errcode = 'unique_violation';
  end if;
  return new;
end $$;
create trigger line_within_accepted before insert or update on financing_lines
  for each row when (new.live) execute function refuse_overfinancing();

-- A bank's own parameters. Never changed: a report names the version it was made by.
create table policies (
  bank      uscc not null,
  version   int not null check (version >= 1),
  record_index bigint not null unique references records,
  policy    jsonb not null,
  logged_at timestamptz not null,
  primary key (bank, version)
);

create table reports (
  id             uuid primary key,
  record_index bigint not null unique references records,
  application    uuid not null references applications,
  bank           uscc not null,
  verdict        text not null check (verdict in ('VERIFIED', 'REFER', 'REJECT')),
  policy_version int not null check (policy_version >= 0),
  as_of          timestamptz not null,
  report         jsonb not null,
  -- The evidence bundle, complete and sealed, as the file it is.
  bundle         text not null,
  made_at        timestamptz not null
);
create index reports_of_application on reports (application, record_index);
create index reports_of_bank on reports (bank, record_index);

alter table document_codes enable row level security;
alter table document_codes force row level security;
create policy node on document_codes using (tallystick_is_node());
alter table documents enable row level security;
alter table documents force row level security;
create policy node on documents using (tallystick_is_node());
create policy parties on documents for select using (tallystick_reader() = any(parties));
alter table document_mentions enable row level security;
alter table document_mentions force row level security;
create policy node on document_mentions using (tallystick_is_node());
alter table questions enable row level security;
alter table questions force row level security;
create policy node on questions using (tallystick_is_node());
create policy parties on questions for select using (tallystick_reader() = any(parties));
alter table confirmations enable row level security;
alter table confirmations force row level security;
create policy node on confirmations using (tallystick_is_node());
create policy parties on confirmations for select using (tallystick_reader() = any(parties));
alter table applications enable row level security;
alter table applications force row level security;
create policy node on applications using (tallystick_is_node());
create policy parties on applications for select using (tallystick_reader() = any(parties));
alter table application_invoices enable row level security;
alter table application_invoices force row level security;
create policy node on application_invoices using (tallystick_is_node());
create policy parties on application_invoices for select
  using (exists (select from applications where applications.id = application_invoices.application));
alter table decisions enable row level security;
alter table decisions force row level security;
create policy node on decisions using (tallystick_is_node());
create policy parties on decisions for select using (tallystick_reader() = any(parties));
alter table financings enable row level security;
alter table financings force row level security;
create policy node on financings using (tallystick_is_node());
create policy parties on financings for select using (tallystick_reader() = any(parties));
alter table financing_acts enable row level security;
alter table financing_acts force row level security;
create policy node on financing_acts using (tallystick_is_node());
create policy signer on financing_acts for select using (tallystick_reader() = signer);
alter table financing_keys enable row level security;
alter table financing_keys force row level security;
create policy node on financing_keys using (tallystick_is_node());
alter table financing_lines enable row level security;
alter table financing_lines force row level security;
create policy node on financing_lines using (tallystick_is_node());
alter table policies enable row level security;
alter table policies force row level security;
create policy node on policies using (tallystick_is_node());
create policy bank on policies for select using (tallystick_reader() = bank);
alter table reports enable row level security;
alter table reports force row level security;
create policy node on reports using (tallystick_is_node());
create policy bank on reports for select using (tallystick_reader() = bank);

create trigger questions_stay before update or delete or truncate on questions execute function refuse_change();
create trigger confirmations_stay before update or delete or truncate on confirmations execute function refuse_change();
create trigger decisions_stay before update or delete or truncate on decisions execute function refuse_change();
create trigger acts_stay before update or delete or truncate on financing_acts execute function refuse_change();
create trigger policies_stay before update or delete or truncate on policies execute function refuse_change();
create trigger reports_stay before update or delete or truncate on reports execute function refuse_change();
