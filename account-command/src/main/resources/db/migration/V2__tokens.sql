-- The tokens are called as in the other services. A process of the version before does not find them from here on: its registry
-- stands until it is stopped.
ALTER TABLE TokenEntry RENAME TO token_entry;
ALTER TABLE token_entry RENAME COLUMN processorName TO processor_name;
ALTER TABLE token_entry RENAME COLUMN tokenType TO token_type;
