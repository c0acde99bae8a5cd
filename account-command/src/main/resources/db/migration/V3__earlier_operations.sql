-- Operations whose claim another one has taken over before it was known what had become of them: any of them may have opened the
-- account, and is recognised until one is settled.
ALTER TABLE account ADD COLUMN earlier_operations TEXT[];

CREATE INDEX account_of_earlier_operation ON account USING gin (earlier_operations)
    WHERE earlier_operations IS NOT NULL;
