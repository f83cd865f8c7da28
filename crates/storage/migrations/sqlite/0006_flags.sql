-- Where administrators put switches: one row a flag, and one for each person who has a switch of their own.
CREATE TABLE flag_switches (
    organization_id  TEXT NOT NULL,
    -- No list of words: a newer version may know more of them, and an older one leaves out what it does not know.
    flag             TEXT NOT NULL,
    -- Empty for everybody.
    person_id        TEXT NOT NULL,
    mode             TEXT NOT NULL,
    -- For how many of a hundred people it is on.
    percent          BIGINT NOT NULL,
    changed_by       TEXT NOT NULL,
    changed_at       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, flag, person_id),
    FOREIGN KEY (changed_by, organization_id) REFERENCES people (id, organization_id),
    CONSTRAINT flag_switches_mode CHECK (
        (mode = 'on' AND percent = 100)
        OR (mode = 'off' AND percent = 0)
        OR (mode = 'share' AND percent >= 0 AND percent <= 100 AND person_id = ''))
);
