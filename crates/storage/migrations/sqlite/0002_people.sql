-- People beside the owner, passkeys with what is known of them, sessions that rotate, codes, invites, tokens, and what
-- happened to an account.

ALTER TABLE people ADD COLUMN deleted_at BIGINT;
CREATE INDEX people_deleted ON people (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX people_list ON people (organization_id, created_at, id);
-- All that one person owns, the bin among it: to count it, to hand it out, to let it go.
CREATE INDEX conversations_owner ON conversations (organization_id, owner_id, id);

-- Nothing is known of a key that was registered before: its AAGUID is empty, whether it is synced not said.
ALTER TABLE passkeys ADD COLUMN aaguid TEXT NOT NULL DEFAULT '';
ALTER TABLE passkeys ADD COLUMN synced BIGINT CONSTRAINT passkeys_synced CHECK (synced IN (0, 1));
ALTER TABLE passkeys ADD COLUMN cloned_at BIGINT;
-- The host it was made for; empty where no start has written the host down yet.
ALTER TABLE passkeys ADD COLUMN rp_id TEXT;
UPDATE passkeys SET rp_id = (SELECT value FROM installation WHERE key = 'rp_id');

-- The token of a session names its epoch; the one before is good until the newer one has been seen, and a little longer.
ALTER TABLE sessions ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN epoch_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN epoch_seen_at BIGINT;
ALTER TABLE sessions ADD COLUMN touched_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN credential_id TEXT;
ALTER TABLE sessions ADD COLUMN end_reason TEXT
    CONSTRAINT sessions_end_reason CHECK (end_reason IN ('signed_out', 'ended', 'older_token', 'key_removed', 'disabled', 'deleted'));
-- SHA-256 of the binding cookie of the browser it was opened in; empty where that is not known, "api" for a program.
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_browser ON sessions (browser, organization_id, owner_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- A ceremony lives five minutes, so none is worth keeping.
DROP TABLE ceremonies;
CREATE TABLE ceremonies (
    id          TEXT NOT NULL PRIMARY KEY,
    purpose     TEXT NOT NULL,
    state       TEXT NOT NULL,
    memo        TEXT NOT NULL,
    browser     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    CONSTRAINT ceremonies_purpose CHECK (purpose IN ('set_up', 'sign_in', 'join', 'add', 'touch', 'recover'))
);
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);
-- The two are counted apart.
CREATE INDEX ceremonies_own ON ceremonies (id) WHERE purpose IN ('add', 'touch');
CREATE INDEX ceremonies_door ON ceremonies (id) WHERE purpose NOT IN ('add', 'touch');

-- An owner code is for nobody yet, or for an owner who lost every key.
ALTER TABLE setup_codes ADD COLUMN organization_id TEXT;
ALTER TABLE setup_codes ADD COLUMN person_id TEXT;

CREATE TABLE recovery_codes (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    digest           TEXT NOT NULL PRIMARY KEY,
    created_at       BIGINT NOT NULL,
    used_at          BIGINT,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);
CREATE INDEX recovery_codes_owner ON recovery_codes (organization_id, owner_id);

-- owner_id is who invites.
CREATE TABLE invites (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    id               TEXT NOT NULL PRIMARY KEY,
    digest           TEXT NOT NULL,
    note             TEXT NOT NULL,
    role             TEXT NOT NULL,
    reviewer         BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    used_at          BIGINT,
    used_by          TEXT,
    revoked_at       BIGINT,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT invites_role CHECK (role IN ('member', 'admin', 'owner')),
    CONSTRAINT invites_reviewer CHECK (reviewer IN (0, 1))
);
CREATE UNIQUE INDEX invites_digest ON invites (digest);
CREATE INDEX invites_list ON invites (organization_id, id);

CREATE TABLE tokens (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    id               TEXT NOT NULL PRIMARY KEY,
    digest           TEXT NOT NULL,
    name             TEXT NOT NULL,
    scopes           TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    last_used_at     BIGINT,
    revoked_at       BIGINT,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);
CREATE UNIQUE INDEX tokens_digest ON tokens (digest);
CREATE INDEX tokens_owner ON tokens (organization_id, owner_id, id);

CREATE TABLE account_events (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    id               TEXT NOT NULL PRIMARY KEY,
    kind             TEXT NOT NULL,
    detail           TEXT NOT NULL,
    session_id       TEXT,
    at               BIGINT NOT NULL,
    seen_at          BIGINT,
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);
CREATE INDEX account_events_owner ON account_events (organization_id, owner_id, id);
CREATE INDEX account_events_unseen ON account_events (organization_id, owner_id, id) WHERE seen_at IS NULL;
