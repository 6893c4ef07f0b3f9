-- A mark that is not financed in time ends by itself: the registry says so in the log.

alter table financings add column expires_at timestamptz;
create index financings_expiring on financings (expires_at) where state in ('REGU', 'REDU', 'DFIN', 'PNDG');

alter table financing_acts alter column signer drop not null;
alter table financing_acts drop constraint financing_acts_kind_check;
alter table financing_acts add check (kind in ('mark', 'consent', 'release', 'expiry'));
-- The registry's own word: no party signed it.
alter table financing_acts add check ((kind = 'expiry') = (signer is null));
