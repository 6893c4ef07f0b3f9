-- Consumption statements of consigned goods, payments, and what registers outside said, as documents of a trade. What a
-- register said is signed by who asked it, the seller or a bank, and is not the buyer's to read.
alter table document_codes drop constraint document_codes_kind_check, drop constraint document_codes_check1;
alter table document_codes
  add check (kind in ('order', 'despatch', 'receipt', 'consumption', 'invoice', 'credit-note', 'payment', 'query')),
  add check (issuer in (seller, buyer) or kind = 'query');
alter table documents drop constraint documents_check;
alter table documents add check (seller = any(parties) and (buyer = any(parties)) = (kind <> 'query'));
