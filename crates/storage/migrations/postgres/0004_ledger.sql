-- What operations cost: a double-entry ledger, the holds that are open, and what each person spent in each window.

-- Every row moves an amount from one account of a person to another; none is ever changed or removed. Accounts: `limit` (what may
-- still be spent), `held` (worst cases of what is under way), `spent`.
CREATE TABLE ledger (
    organization_id  TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C" NOT NULL,
    hold_id          TEXT COLLATE "C" NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL,
    -- No foreign key: a ledger outlives what it was for.
    run_id           TEXT COLLATE "C" NOT NULL,
    operation        TEXT COLLATE "C" NOT NULL,
    model            TEXT COLLATE "C" NOT NULL,
    debit            TEXT COLLATE "C" NOT NULL,
    credit           TEXT COLLATE "C" NOT NULL,
    amount           BIGINT NOT NULL,
    -- The windows it belongs to: the beginnings of a clock hour and of a day, both of UTC.
    hour             BIGINT NOT NULL,
    day              BIGINT NOT NULL,
    -- The provider did not say what was used.
    estimated        BIGINT NOT NULL,
    at               BIGINT NOT NULL,
    PRIMARY KEY (hold_id, kind),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT ledger_kind CHECK (
        (kind = 'hold' AND debit = 'limit' AND credit = 'held')
        OR (kind = 'settle' AND debit = 'held' AND credit = 'spent')
        OR (kind = 'release' AND debit = 'held' AND credit = 'limit')
        OR (kind = 'overrun' AND debit = 'limit' AND credit = 'spent')),
    CONSTRAINT ledger_amount CHECK (amount >= 0 AND estimated IN (0, 1))
);
CREATE INDEX ledger_of_person ON ledger (organization_id, owner_id, at DESC, hold_id DESC, kind DESC);

-- Holds that are neither settled nor released.
CREATE TABLE holds (
    organization_id  TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C" NOT NULL,
    run_id           TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    operation        TEXT COLLATE "C" NOT NULL,
    model            TEXT COLLATE "C" NOT NULL,
    amount           BIGINT NOT NULL,
    hour             BIGINT NOT NULL,
    day              BIGINT NOT NULL,
    at               BIGINT NOT NULL,
    PRIMARY KEY (run_id, owner_id, organization_id),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id)
);

-- The sums of the ledger by person and window, kept with every row of it in the same transaction.
CREATE TABLE spending (
    organization_id  TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C" NOT NULL,
    span             TEXT COLLATE "C" NOT NULL,
    starts_at        BIGINT NOT NULL,
    held             BIGINT NOT NULL,
    spent            BIGINT NOT NULL,
    PRIMARY KEY (owner_id, organization_id, span, starts_at),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT spending_span CHECK (span IN ('hour', 'day'))
);

-- Limits of people for whom others hold than the studio's.
CREATE TABLE spending_limits (
    organization_id  TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C" NOT NULL,
    hour_micros      BIGINT NOT NULL,
    day_micros       BIGINT NOT NULL,
    changed_by       TEXT COLLATE "C" NOT NULL,
    changed_at       BIGINT NOT NULL,
    PRIMARY KEY (owner_id, organization_id),
    FOREIGN KEY (owner_id, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT spending_limits_sense CHECK (hour_micros >= 0 AND day_micros >= 0)
);
