-- How many events the document held, so that a job whose process was killed can name those it never got to.
alter table captures add column size int check (size > 0);
create index captures_unfinished on captures (created_at) where finished_at is null;

-- Events of jobs that were broken off before lie somewhere in the log; what is begun from now on says from where.
select set_config('tallystick.reader', 'node', true);
update captures set first_entry = 0 where finished_at is null;

-- How codes are written in what is sent (GS1-EPC-Format). What was subscribed to before goes out as it always did.
alter table epcis_subscriptions add column epc_format text not null default 'Never_Translates'
  check (epc_format in ('No_Preference', 'Always_GS1_Digital_Link', 'Never_Translates'));
alter table epcis_subscriptions alter column epc_format drop default;
