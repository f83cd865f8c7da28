-- Times are microseconds since 1970, flags 0 or 1, ids UUIDv7 as text. Every row that belongs to a person carries
-- organization_id and owner_id, and foreign keys include them: a message cannot hang in somebody else's conversation.
-- Keys begin with the id, so that a look-up is one row whatever a planner believes about people and conversations.
-- No constraint is deferred: a commit is shared by many units of work, and none may spoil it for the others.

CREATE TABLE organizations (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE people (
    organization_id  TEXT NOT NULL REFERENCES organizations (id),
    id               TEXT NOT NULL,
    name             TEXT NOT NULL,
    role             TEXT NOT NULL,
    reviewer         BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    disabled_at      BIGINT,
    PRIMARY KEY (id, organization_id),
    CONSTRAINT people_role CHECK (role IN ('member', 'admin', 'owner')),
    CONSTRAINT people_reviewer CHECK (reviewer IN (0, 1))
);
CREATE INDEX people_owners ON people (organization_id) WHERE role = 'owner';

CREATE TABLE passkeys (
    credential_id    TEXT NOT NULL PRIMARY KEY,
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    name             TEXT NOT NULL,
    passkey          TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    last_used_at     BIGINT,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);
CREATE INDEX passkeys_owner ON passkeys (organization_id, owner_id);

CREATE TABLE ceremonies (
    id          TEXT NOT NULL PRIMARY KEY,
    purpose     TEXT NOT NULL,
    state       TEXT NOT NULL,
    memo        TEXT NOT NULL,
    browser     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    CONSTRAINT ceremonies_purpose CHECK (purpose IN ('set_up', 'sign_in'))
);
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);

CREATE TABLE sessions (
    id               TEXT NOT NULL PRIMARY KEY,
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    user_agent       TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    last_seen_at     BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    ended_at         BIGINT,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);
CREATE INDEX sessions_owner ON sessions (organization_id, owner_id);

CREATE TABLE setup_codes (
    id          TEXT NOT NULL PRIMARY KEY,
    digest      TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT
);
CREATE UNIQUE INDEX setup_codes_digest ON setup_codes (digest);

CREATE TABLE installation (
    key         TEXT NOT NULL PRIMARY KEY,
    value       TEXT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE TABLE conversations (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    id               TEXT NOT NULL,
    title            TEXT NOT NULL,
    model            TEXT NOT NULL,
    temperature      DOUBLE PRECISION,
    max_tokens       BIGINT,
    system_prompt    TEXT NOT NULL,
    leaf_id          TEXT,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    deleted_at       BIGINT,
    PRIMARY KEY (id, owner_id, organization_id),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);
CREATE INDEX conversations_list ON conversations (organization_id, owner_id, updated_at DESC, id DESC)
    WHERE deleted_at IS NULL;
CREATE INDEX conversations_bin ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE messages (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    conversation_id  TEXT NOT NULL,
    id               TEXT NOT NULL PRIMARY KEY,
    parent_id        TEXT,
    role             TEXT NOT NULL,
    body             TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    CONSTRAINT messages_conversation UNIQUE (conversation_id, id),
    FOREIGN KEY (conversation_id, owner_id, organization_id) REFERENCES conversations (id, owner_id, organization_id),
    FOREIGN KEY (conversation_id, parent_id) REFERENCES messages (conversation_id, id),
    CONSTRAINT messages_role CHECK (role IN ('user', 'assistant'))
);
CREATE INDEX messages_children ON messages (parent_id, conversation_id, id);

CREATE TABLE runs (
    organization_id    TEXT NOT NULL,
    owner_id           TEXT NOT NULL,
    id                 TEXT NOT NULL,
    conversation_id    TEXT NOT NULL,
    message_id         TEXT NOT NULL,
    model              TEXT NOT NULL,
    state              TEXT NOT NULL,
    failure            TEXT,
    prompt_tokens      BIGINT,
    completion_tokens  BIGINT,
    cost_micros        BIGINT,
    cut_short          BIGINT NOT NULL,
    worker_id          TEXT NOT NULL,
    created_at         BIGINT NOT NULL,
    first_token_at     BIGINT,
    ended_at           BIGINT,
    PRIMARY KEY (id, owner_id, organization_id),
    FOREIGN KEY (conversation_id, owner_id, organization_id) REFERENCES conversations (id, owner_id, organization_id),
    FOREIGN KEY (conversation_id, message_id) REFERENCES messages (conversation_id, id),
    CONSTRAINT runs_state CHECK (state IN ('queued', 'running', 'finished', 'stopped', 'failed', 'interrupted')),
    CONSTRAINT runs_cut_short CHECK (cut_short IN (0, 1)),
    -- Active and not ended are the same thing, so that ended_at IS NULL finds the active ones.
    CONSTRAINT runs_ended CHECK ((state IN ('queued', 'running')) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX runs_one_active ON runs (conversation_id) WHERE state IN ('queued', 'running');
CREATE INDEX runs_message ON runs (conversation_id, message_id, id);
CREATE INDEX runs_owner_ended ON runs (organization_id, owner_id, ended_at);

CREATE TABLE run_events (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    run_id           TEXT NOT NULL,
    seq              BIGINT NOT NULL,
    kind             TEXT NOT NULL,
    body             TEXT NOT NULL,
    at               BIGINT NOT NULL,
    PRIMARY KEY (run_id, seq),
    FOREIGN KEY (run_id, owner_id, organization_id) REFERENCES runs (id, owner_id, organization_id),
    CONSTRAINT run_events_kind CHECK (kind IN ('started', 'delta', 'ended'))
) WITHOUT ROWID;

CREATE TABLE workers (
    id       TEXT NOT NULL PRIMARY KEY,
    seen_at  BIGINT NOT NULL
);
