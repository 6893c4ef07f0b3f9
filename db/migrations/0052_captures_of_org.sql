-- The foreign key of events looks captures up by (org, id), in a plan that each session makes once, likely while the
-- table is empty. Without statistics this index looked as good as the primary key, and each event then read every capture
-- of its organization. No plan that names no time can take a partial one.
drop index captures_of_org;
create index captures_of_org on captures (org, created_at, id) where created_at > '-infinity';
