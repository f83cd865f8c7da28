-- Runs of the engine, of every kind, with their commits and questions. What was the row of a chat's run becomes the row of
-- its answer. Runs of before have no commits: their steps were not kept.

-- Answers that are being written end here, with what rows have of them: no process goes on with them after this.
UPDATE messages SET body = body || (
    SELECT COALESCE(string_agg(e.body, '' ORDER BY e.seq), '') FROM run_events e JOIN runs r ON r.id = e.run_id
    WHERE r.message_id = messages.id AND r.ended_at IS NULL AND e.kind = 'delta'
) WHERE id IN (SELECT message_id FROM runs WHERE ended_at IS NULL);
UPDATE runs SET state = 'interrupted', ended_at = created_at WHERE ended_at IS NULL;

CREATE TABLE old_runs AS SELECT * FROM runs;
DROP TABLE run_events;
DROP TABLE runs;
DROP TABLE workers;

-- Lives of processes. A number is never given twice.
CREATE TABLE epochs (
    last  BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO epochs (last) VALUES (0);
CREATE TABLE processes (
    epoch       BIGINT NOT NULL PRIMARY KEY,
    entered_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);

CREATE TABLE runs (
    organization_id   TEXT NOT NULL,
    owner_id          TEXT NOT NULL,
    id                TEXT NOT NULL,
    kind              TEXT NOT NULL,
    status            TEXT NOT NULL,
    reason            TEXT,
    revision          BIGINT NOT NULL,
    last_seq          BIGINT NOT NULL,
    -- The life of a process that drives it.
    holder            BIGINT,
    wake_at           BIGINT,
    -- From then on it may be taken up: wake_at, or 0 where somebody asked something of it that no commit has heard.
    due_at            BIGINT,
    cancel_requested  BIGINT NOT NULL,
    cancel_heard      BIGINT NOT NULL,
    opened_at         BIGINT NOT NULL,
    changed_at        BIGINT NOT NULL,
    -- No foreign key: the run it was forked from may go first.
    forked_from       TEXT,
    forked_revision   BIGINT,
    PRIMARY KEY (id, owner_id, organization_id),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT runs_status CHECK (status IN
        ('running', 'waiting', 'sleeping', 'needs_attention', 'unreadable', 'done', 'failed', 'cancelled')),
    CONSTRAINT runs_cancel CHECK (cancel_requested IN (0, 1) AND cancel_heard IN (0, 1)),
    CONSTRAINT runs_due CHECK (due_at IS NULL OR status NOT IN ('unreadable', 'done', 'failed', 'cancelled'))
);
CREATE INDEX runs_of_person ON runs (organization_id, owner_id, opened_at DESC, id DESC);
CREATE INDEX runs_of_organization ON runs (organization_id, opened_at DESC, id DESC);
-- Few of all runs are neither done nor cancelled: what a filter looks for among many is found here.
CREATE INDEX runs_open_of_person ON runs (organization_id, owner_id, opened_at DESC, id DESC)
    WHERE status NOT IN ('done', 'cancelled');
CREATE INDEX runs_open_of_organization ON runs (organization_id, opened_at DESC, id DESC)
    WHERE status NOT IN ('done', 'cancelled');
CREATE INDEX runs_attention ON runs (organization_id, owner_id) WHERE status = 'needs_attention';
CREATE INDEX runs_due_at ON runs (kind, due_at) WHERE due_at IS NOT NULL AND holder IS NULL;
CREATE INDEX runs_holder ON runs (holder) WHERE holder IS NOT NULL;

-- What one commit brought: what happened, and where it stands then. Never changed.
CREATE TABLE run_commits (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    run_id           TEXT NOT NULL,
    revision         BIGINT NOT NULL,
    id               TEXT NOT NULL,
    at               BIGINT NOT NULL,
    status           TEXT NOT NULL,
    events           TEXT NOT NULL,
    last_seq         BIGINT NOT NULL,
    state_name       TEXT,
    state_version    BIGINT,
    body             TEXT,
    digest           TEXT,
    PRIMARY KEY (run_id, revision),
    FOREIGN KEY (run_id, owner_id, organization_id) REFERENCES runs (id, owner_id, organization_id),
    CONSTRAINT run_commits_checkpoint CHECK ((body IS NULL) = (digest IS NULL) AND (body IS NULL) = (state_name IS NULL)
        AND (body IS NULL) = (state_version IS NULL))
);
CREATE UNIQUE INDEX run_commits_id ON run_commits (id);
CREATE INDEX run_commits_of_person ON run_commits (organization_id, owner_id, at);
CREATE INDEX run_commits_of_organization ON run_commits (organization_id, at);

CREATE TABLE run_questions (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    id               TEXT NOT NULL PRIMARY KEY,
    run_id           TEXT NOT NULL,
    -- Of those that one run asks, the order.
    place            BIGINT NOT NULL,
    node             TEXT NOT NULL,
    asked            TEXT NOT NULL,
    digest           TEXT NOT NULL,
    until            BIGINT,
    answer           TEXT,
    answered_at      BIGINT,
    closed           BIGINT NOT NULL,
    FOREIGN KEY (run_id, owner_id, organization_id) REFERENCES runs (id, owner_id, organization_id),
    CONSTRAINT run_questions_answer CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT run_questions_closed CHECK (closed IN (0, 1))
);
CREATE INDEX run_questions_run ON run_questions (run_id, place);

INSERT INTO runs (organization_id, owner_id, id, kind, status, reason, revision, last_seq, cancel_requested, cancel_heard,
    opened_at, changed_at)
SELECT organization_id, owner_id, id, 'chat',
    CASE state WHEN 'finished' THEN 'done' WHEN 'stopped' THEN 'cancelled' ELSE 'failed' END,
    CASE state WHEN 'interrupted' THEN 'The studio went down while this was written.' WHEN 'failed' THEN failure END,
    0, 0, 0, 0, created_at, ended_at
FROM old_runs;

-- What a chat's run writes.
CREATE TABLE answers (
    organization_id    TEXT NOT NULL,
    owner_id           TEXT NOT NULL,
    run_id             TEXT NOT NULL,
    conversation_id    TEXT NOT NULL,
    message_id         TEXT NOT NULL,
    model              TEXT NOT NULL,
    state              TEXT NOT NULL,
    failure            TEXT,
    prompt_tokens      BIGINT,
    completion_tokens  BIGINT,
    cost_micros        BIGINT,
    cut_short          BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    first_token_at     BIGINT,
    ended_at           BIGINT,
    PRIMARY KEY (run_id, owner_id, organization_id),
    FOREIGN KEY (run_id, owner_id, organization_id) REFERENCES runs (id, owner_id, organization_id),
    FOREIGN KEY (conversation_id, owner_id, organization_id) REFERENCES conversations (id, owner_id, organization_id),
    FOREIGN KEY (conversation_id, message_id) REFERENCES messages (conversation_id, id),
    CONSTRAINT answers_state CHECK (state IN ('queued', 'running', 'finished', 'stopped', 'failed', 'interrupted')),
    CONSTRAINT answers_cut_short CHECK (cut_short IN (0, 1)),
    -- Active and not ended are the same thing, so that ended_at IS NULL finds the active ones.
    CONSTRAINT answers_ended CHECK ((state IN ('queued', 'running')) = (ended_at IS NULL))
);
INSERT INTO answers (organization_id, owner_id, run_id, conversation_id, message_id, model, state, failure, prompt_tokens,
    completion_tokens, cost_micros, cut_short, created_at, first_token_at, ended_at)
SELECT organization_id, owner_id, id, conversation_id, message_id, model, state, failure, prompt_tokens, completion_tokens,
    cost_micros, cut_short, created_at, first_token_at, ended_at
FROM old_runs;
DROP TABLE old_runs;
CREATE UNIQUE INDEX answers_one_active ON answers (conversation_id) WHERE state IN ('queued', 'running');
CREATE INDEX answers_message ON answers (conversation_id, message_id, run_id);
CREATE INDEX answers_owner_ended ON answers (organization_id, owner_id, ended_at);

-- The text of an answer while it is written. When it has ended, its message has it.
CREATE TABLE answer_parts (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    run_id           TEXT NOT NULL,
    seq              BIGINT NOT NULL,
    body             TEXT NOT NULL,
    at               BIGINT NOT NULL,
    PRIMARY KEY (run_id, seq),
    FOREIGN KEY (run_id, owner_id, organization_id) REFERENCES answers (run_id, owner_id, organization_id)
);

-- What the studio remembers of somebody: notes, and interactions, whose text stands in their messages.
CREATE TABLE memories (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    id               TEXT NOT NULL,
    kind             TEXT NOT NULL,
    content          TEXT NOT NULL,
    metadata         TEXT NOT NULL,
    conversation_id  TEXT,
    message_id       TEXT,
    created_at       BIGINT NOT NULL,
    PRIMARY KEY (id, owner_id, organization_id),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    FOREIGN KEY (conversation_id, message_id) REFERENCES messages (conversation_id, id),
    CONSTRAINT memories_kind CHECK (kind IN ('interaction', 'note')),
    CONSTRAINT memories_message CHECK ((kind = 'interaction') = (message_id IS NOT NULL)
        AND (message_id IS NULL) = (conversation_id IS NULL))
);
CREATE INDEX memories_of_person ON memories (organization_id, owner_id, created_at DESC, id DESC);
CREATE INDEX memories_notes ON memories (organization_id, owner_id) WHERE kind = 'note';
CREATE INDEX memories_conversation ON memories (conversation_id) WHERE conversation_id IS NOT NULL;

-- Idempotency-Key: what was asked with a key, and the run that was opened for it.
CREATE TABLE requests (
    organization_id  TEXT NOT NULL,
    owner_id         TEXT NOT NULL,
    key              TEXT NOT NULL,
    digest           TEXT NOT NULL,
    run_id           TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, owner_id, key),
    FOREIGN KEY (run_id, owner_id, organization_id) REFERENCES runs (id, owner_id, organization_id)
);
CREATE INDEX requests_run ON requests (run_id);
CREATE INDEX requests_age ON requests (created_at);
