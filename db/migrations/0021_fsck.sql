-- Which statement a record carries: fsck looks it up by its name.
create unique index statements_hash on statements (hash);
