-- The same bytes can be good on a chain that was reset and on the one in its place: account, nonce, call and fees alike.
alter table anchor_transactions drop constraint anchor_transactions_pkey;
alter table anchor_transactions add primary key (anchor, hash);
drop index anchor_transactions_anchor;

alter table registry_transactions drop constraint registry_transactions_pkey;
alter table registry_transactions add primary key (genesis, hash);
