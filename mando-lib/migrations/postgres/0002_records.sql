-- Records: append-only tables, in the order of their storing (change, then row). The columns are those
-- of the lists run.def, ledger_entry.def and audit.def. Texts compare bytewise.

CREATE TABLE run (
    change timestamptz NOT NULL,
    row bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    flow text COLLATE "C",
    flow_version text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    start timestamptz NOT NULL,
    "end" timestamptz,
    as_of timestamptz,
    stored_until timestamptz,
    parameters text COLLATE "C",
    code text COLLATE "C",
    seed bigint,
    message text COLLATE "C",
    PRIMARY KEY (change, row)
);

CREATE INDEX run_by_id ON run (id);

CREATE TABLE ledger_entry (
    change timestamptz NOT NULL,
    row bigint NOT NULL,
    "transaction" text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    start timestamptz NOT NULL,
    "end" timestamptz NOT NULL,
    run text COLLATE "C",
    PRIMARY KEY (change, row)
);

CREATE INDEX ledger_entry_by_run ON ledger_entry (run);
CREATE INDEX ledger_entry_by_start ON ledger_entry (start);

CREATE TABLE audit (
    change timestamptz NOT NULL,
    row bigint NOT NULL,
    number bigint NOT NULL UNIQUE,
    time timestamptz NOT NULL,
    author text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    subject text COLLATE "C",
    detail text COLLATE "C",
    reason text COLLATE "C",
    previous text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL,
    PRIMARY KEY (change, row)
);
