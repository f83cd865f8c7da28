-- What the screen found in a message that was let through: names of rules with a space between. Nothing where it found nothing.

ALTER TABLE messages ADD COLUMN marks TEXT;

-- Of one minute and rule a record for each operation: a title and a message are not the same refusal.
DROP INDEX refusals_minute;
CREATE UNIQUE INDEX refusals_minute ON refusals (owner_id, organization_id, gate, rule, operation, minute);

-- What became of the hold of one run.
CREATE INDEX ledger_of_run ON ledger (run_id, kind);
