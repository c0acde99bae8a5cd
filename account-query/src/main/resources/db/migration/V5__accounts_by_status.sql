-- A page of those of one status costs what it shows, however many of another status its owner has.
CREATE INDEX account_owner_status ON account (owner, status, iban);
