-- An authority may split its revocation list, by distribution point or into users and CAs (RFC 5280 §5.2.5): the newest of
-- one part takes no other part's place. SHA-256 over the extension that names the part, empty for a whole list. Lists
-- from before this column count as whole; the next one of their part has its own.
alter table revocation_lists
  add column part bytea not null default '' check (octet_length(part) in (0, 32));
drop index revocation_lists_newest;
create index revocation_lists_newest on revocation_lists (issuer, part, this_update desc, seq desc);
