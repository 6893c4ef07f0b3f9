-- What the document around an event declared beyond the standard (JSON-LD prefixes and vocabularies of somebody's own), so
-- that whoever reads the event knows what its members mean.
alter table events add column context jsonb check (jsonb_typeof(context) = 'array');
