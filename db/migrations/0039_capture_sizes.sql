-- How many events the document held, so that a job whose process was killed can name those it never got to.
alter table captures add column size int check (size > 0);
create index captures_unfinished on captures (created_at) where finished_at is null;

-- Events of jobs that were broken off before lie somewhere in the log; what is begun from now on says from where.
select set_config('tallystick.reader', 'node', true);
update captures set first_entry = 0 where finished_at is null;
