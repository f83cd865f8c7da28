-- The audit log: what was done to accounts, keys, roles and settings, one row each, written in the transaction that does it and
-- never changed. Ids alone, no name and no text of a person: when somebody is deleted there is nothing in it to erase.

CREATE TABLE audit (
    id               TEXT NOT NULL PRIMARY KEY,
    organization_id  TEXT NOT NULL,
    -- Which columns are hashed, and how.
    form             BIGINT NOT NULL,
    at               BIGINT NOT NULL,
    -- person, operator (at the command line) or system.
    who              TEXT NOT NULL,
    who_id           TEXT,
    -- The session or personal token they came with: session:ID, token:ID.
    via              TEXT,
    action           TEXT NOT NULL,
    target           TEXT NOT NULL,
    target_id        TEXT,
    why              TEXT,
    -- {"role": ["member", "admin"]}
    change           TEXT,
    run_id           TEXT,
    trace_id         TEXT,
    -- The sealer's: the place in the chain, and SHA-256 of the row together with the hash before. Empty until it has come by.
    position         BIGINT,
    hash             TEXT,
    CONSTRAINT audit_sealed CHECK ((position IS NULL) = (hash IS NULL))
);
CREATE UNIQUE INDEX audit_position ON audit (position);
CREATE INDEX audit_unsealed ON audit (id) WHERE position IS NULL;
CREATE INDEX audit_organization ON audit (organization_id, id);
CREATE INDEX audit_run ON audit (organization_id, run_id, id) WHERE run_id IS NOT NULL;

-- The end of the chain, kept beside it: a tail that was cut off is missed. One row, which one sealer holds at a time.
CREATE TABLE audit_head (
    id         BIGINT NOT NULL PRIMARY KEY,
    position   BIGINT NOT NULL,
    hash       TEXT NOT NULL,
    sealed_at  BIGINT,
    CONSTRAINT audit_head_one CHECK (id = 1)
);
INSERT INTO audit_head (id, position, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');
