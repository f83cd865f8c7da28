-- Model servers that administrators add, what models cost from when on, and the model that new chats begin with.

CREATE TABLE providers (
    organization_id  TEXT COLLATE "C" NOT NULL,
    -- Who added it.
    owner_id         TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- The part before the slash in its models' names.
    name             TEXT COLLATE "C" NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL,
    base_url         TEXT COLLATE "C" NOT NULL,
    -- Its key, sealed for this row and this address, and which key of the studio it was sealed with.
    sealed_with      TEXT COLLATE "C",
    sealed_key       TEXT COLLATE "C",
    created_at       BIGINT NOT NULL,
    changed_at       BIGINT NOT NULL,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT providers_sealed CHECK ((sealed_with IS NULL) = (sealed_key IS NULL))
);
CREATE UNIQUE INDEX providers_name ON providers (organization_id, name);

-- Never changed and never removed: of two that begin at the same time the one that was set later holds.
CREATE TABLE prices (
    organization_id    TEXT COLLATE "C" NOT NULL,
    -- Who set it.
    owner_id           TEXT COLLATE "C" NOT NULL,
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    model              TEXT COLLATE "C" NOT NULL,
    valid_from         BIGINT NOT NULL,
    -- Micro-dollars per million tokens read, and written.
    prompt_micros      BIGINT NOT NULL,
    completion_micros  BIGINT NOT NULL,
    set_at             BIGINT NOT NULL,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT prices_sense CHECK (prompt_micros >= 0 AND completion_micros >= 0)
);
CREATE INDEX prices_model ON prices (organization_id, model, valid_from, set_at, id);

CREATE TABLE default_models (
    organization_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- Who set it.
    owner_id         TEXT COLLATE "C" NOT NULL,
    model            TEXT COLLATE "C" NOT NULL,
    set_at           BIGINT NOT NULL,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);
