-- Records: append-only tables, in the order of their storing (change, then row). The columns are those
-- of the lists run.def, ledger_entry.def and audit.def.

CREATE TABLE run (
    change INTEGER NOT NULL,
    row INTEGER NOT NULL,
    id TEXT NOT NULL,
    flow TEXT,
    flow_version TEXT,
    state TEXT NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER,
    as_of INTEGER,
    stored_until INTEGER,
    parameters TEXT,
    code TEXT,
    seed INTEGER,
    message TEXT,
    PRIMARY KEY (change, row)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_by_id ON run (id);

CREATE TABLE ledger_entry (
    change INTEGER NOT NULL,
    row INTEGER NOT NULL,
    "transaction" TEXT NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    kind TEXT NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    run TEXT,
    PRIMARY KEY (change, row)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_entry_by_run ON ledger_entry (run);
CREATE INDEX ledger_entry_by_start ON ledger_entry (start);

CREATE TABLE audit (
    change INTEGER NOT NULL,
    row INTEGER NOT NULL,
    number INTEGER NOT NULL UNIQUE,
    time INTEGER NOT NULL,
    author TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT,
    detail TEXT,
    reason TEXT,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (change, row)
) STRICT, WITHOUT ROWID;
