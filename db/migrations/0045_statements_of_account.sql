-- Statements of account (对账单), signed by either side of a trade, as documents beside payments.
alter table document_codes drop constraint document_codes_kind_check;
alter table document_codes
  add constraint document_codes_kind_check check (kind in
    ('order', 'despatch', 'receipt', 'consumption', 'invoice', 'credit-note', 'statement', 'payment', 'query'));
