-- Between which entries of the log the events of a capture lie, so that its job can show where each stands: an index over
-- (org, capture) would cost every event what this costs a capture.
alter table captures add column first_entry bigint check (first_entry >= 0);
alter table captures add column last_entry bigint check (last_entry >= first_entry);
