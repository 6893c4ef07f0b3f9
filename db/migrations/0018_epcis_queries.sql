-- Named queries over events, and who is told of what they find. A name is its organization's own.
create table epcis_queries (
  org        uscc not null,
  name       text not null check (name ~ '^[A-Za-z0-9_.~-]{1,100}$'),
  query      jsonb not null,
  created_at timestamptz not null,
  primary key (org, name)
);

create table epcis_subscriptions (
  id               uuid primary key,
  org              uscc not null,
  query            text not null,
  dest             text not null check (length(dest) between 1 and 2000),
  -- Signs what is sent, so that the receiver knows who sent it. Given by the subscriber, shown to nobody.
  secret           text check (length(secret) between 16 and 500),
  -- Null for a stream; else when to look: {second, minute, hour, dayOfMonth, month, dayOfWeek}.
  schedule         jsonb,
  report_if_empty  boolean not null,
  -- The receiver has had everything up to here, by log position.
  delivered        bigint not null check (delivered >= -1),
  -- A delivery that was tried: the same range goes out again, under the same id, until it is taken.
  pending          bigint check (pending > delivered),
  next_at          timestamptz not null,
  failures         int not null default 0,
  trouble          text check (length(trouble) <= 200),
  created_at       timestamptz not null,
  last_notified_at timestamptz,
  foreign key (org, query) references epcis_queries on delete cascade
);
create index epcis_subscriptions_due on epcis_subscriptions (next_at);
create index epcis_subscriptions_of on epcis_subscriptions (org, query);

alter table epcis_queries enable row level security;
alter table epcis_queries force row level security;
create policy owner on epcis_queries using (tallystick_is_node() or org = tallystick_reader());
alter table epcis_subscriptions enable row level security;
alter table epcis_subscriptions force row level security;
create policy owner on epcis_subscriptions using (tallystick_is_node() or org = tallystick_reader());
