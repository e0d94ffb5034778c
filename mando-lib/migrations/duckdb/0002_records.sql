-- Records: append-only tables, in the order of their storing (change, then row). The columns are those
-- of the lists run.def, ledger_entry.def and audit.def.

CREATE TABLE run (
    change TIMESTAMP NOT NULL,
    "row" BIGINT NOT NULL,
    id VARCHAR NOT NULL,
    flow VARCHAR,
    flow_version VARCHAR,
    state VARCHAR NOT NULL,
    start TIMESTAMP NOT NULL,
    "end" TIMESTAMP,
    as_of TIMESTAMP,
    stored_until TIMESTAMP,
    parameters VARCHAR,
    code VARCHAR,
    seed BIGINT,
    message VARCHAR
);

CREATE TABLE ledger_entry (
    change TIMESTAMP NOT NULL,
    "row" BIGINT NOT NULL,
    "transaction" VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    amount BIGINT NOT NULL,
    currency VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    start TIMESTAMP NOT NULL,
    "end" TIMESTAMP NOT NULL,
    run VARCHAR
);

CREATE TABLE audit (
    change TIMESTAMP NOT NULL,
    "row" BIGINT NOT NULL,
    number BIGINT NOT NULL,
    time TIMESTAMP NOT NULL,
    author VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    subject VARCHAR,
    detail VARCHAR,
    reason VARCHAR,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL
);
