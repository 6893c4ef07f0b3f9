-- What a bank financed stays as it was: amount, currency, due date and the account to pay to. A copy of another node was
-- taken there, by that node's own registry; to refuse it here would hide that the invoice was changed.
create index live_marks_of_invoice on financings (invoice) where live;

create function differs_from_financed(code text, claims jsonb) returns boolean language sql stable as $$
  select exists (
    select from financings join documents marked on marked.digest = financings.commitment
      where financings.live and financings.invoice = $1
        and ((financings.gross::text, financings.currency) is distinct from ($2 ->> 'gross', $2 ->> 'currency')
          -- Of an erased one the mark keeps no more than the amount.
          or (marked.claims is not null and (marked.claims ->> 'dueDate', marked.claims ->> 'payee')
            is distinct from ($2 ->> 'dueDate', $2 ->> 'payee'))))
$$;

create function refuse_change_of_financed() returns trigger language plpgsql as $$
begin
  if differs_from_financed(new.code, new.claims) then
    raise exception 'a financed invoice keeps amount, due date and account' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger financed_stay before insert on documents for each row
  when (new.kind = 'invoice' and new.version > 1 and new.peer is null and new.claims is not null)
  execute function refuse_change_of_financed();
