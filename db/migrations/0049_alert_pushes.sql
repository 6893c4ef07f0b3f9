-- Alerts go to a bank's endpoint by the queue that brings it evidence: the push has the alert's own id, so there is one.

alter table pushes add column alert uuid unique references alerts (id);
alter table pushes add check (alert is null or alert = id);
-- The supplier is not told of what its bank is warned of.
drop policy parties on pushes;
create policy parties on pushes for select
  using (tallystick_reader() = bank or (tallystick_reader() = seller and alert is null));
