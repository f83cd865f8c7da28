-- What the gate counts, and what it refused.

-- How many operations each person ever began: the row that whoever begins one more holds until the commit.
CREATE TABLE rates (
    organization_id  TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C" NOT NULL,
    calls            BIGINT NOT NULL,
    PRIMARY KEY (owner_id, organization_id),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);

-- When each of the last of them was begun: no more rows of a person than may be begun in a minute.
CREATE TABLE rate_calls (
    organization_id  TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C" NOT NULL,
    place            BIGINT NOT NULL,
    at               BIGINT NOT NULL,
    -- What does not fit is refused by the schema, so that nobody has to wait for the answer whether it does.
    fits             BIGINT NOT NULL,
    PRIMARY KEY (owner_id, organization_id, place),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT calls_within_rate CHECK (fits = 1)
);

-- When each address that asks a lot owes nothing any more (a leaky bucket), for all processes together. The address is a digest.
CREATE TABLE rate_addresses (
    address  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    free_at  BIGINT NOT NULL
);
CREATE INDEX rate_addresses_free_at ON rate_addresses (free_at);

-- What the gate refused: one row for each person, check, rule and minute. No word of what was refused is in it.
CREATE TABLE refusals (
    organization_id  TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- flag, rate, budget, price or screen.
    gate             TEXT COLLATE "C" NOT NULL,
    rule             TEXT COLLATE "C" NOT NULL,
    -- The clock minute, counted from 1970.
    minute           BIGINT NOT NULL,
    operation        TEXT COLLATE "C" NOT NULL,
    model            TEXT COLLATE "C",
    sentence         TEXT COLLATE "C" NOT NULL,
    -- When there is room again, where that is known.
    resets_at        BIGINT,
    -- Which characters of the text the rule is about.
    passage_from     BIGINT,
    passage_until    BIGINT,
    at               BIGINT NOT NULL,
    last_at          BIGINT NOT NULL,
    times            BIGINT NOT NULL,
    trace_id         TEXT COLLATE "C",
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT refusals_gate CHECK (gate IN ('flag', 'rate', 'budget', 'price', 'screen')),
    CONSTRAINT refusals_times CHECK (times > 0)
);
CREATE UNIQUE INDEX refusals_minute ON refusals (owner_id, organization_id, gate, rule, minute);
CREATE INDEX refusals_of_person ON refusals (organization_id, owner_id, last_at DESC, id DESC);
CREATE INDEX refusals_last_at ON refusals (last_at);
