-- Data points, their versions, and who changed what. Times are UTC. One process alone writes a file, and what it
-- puts is checked before: so there are no keys and indices but the one that finds a data point.

-- One row for each transaction that stored something.
CREATE TABLE change (
    change TIMESTAMP NOT NULL,
    author VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);

-- What never changes of a data point. type: 1 series, 2 matrix, 3 document; width: numbers of a value.
CREATE TABLE point (
    point BIGINT NOT NULL,
    id VARCHAR NOT NULL UNIQUE,
    type BIGINT NOT NULL,
    width BIGINT NOT NULL
);

-- Versions of its configuration. The resolution is months, then days, then exact time.
CREATE TABLE configuration (
    point BIGINT NOT NULL,
    knowledge TIMESTAMP NOT NULL,
    change TIMESTAMP NOT NULL,
    unit VARCHAR NOT NULL,
    time_zone VARCHAR NOT NULL,
    aggregation BIGINT NOT NULL,
    resolution_months BIGINT NOT NULL,
    resolution_days BIGINT NOT NULL,
    resolution_us BIGINT NOT NULL,
    document VARCHAR
);

-- Versions of its values, a table for each type; a NULL value is known to be missing. NaN in a matrix is missing. A
-- document ends where it starts.
CREATE TABLE series_value (
    point BIGINT NOT NULL,
    valid_start TIMESTAMP NOT NULL,
    knowledge TIMESTAMP NOT NULL,
    change TIMESTAMP NOT NULL,
    valid_end TIMESTAMP NOT NULL,
    value DOUBLE,
    deleted BOOLEAN NOT NULL
);

CREATE TABLE matrix_value (
    point BIGINT NOT NULL,
    valid_start TIMESTAMP NOT NULL,
    knowledge TIMESTAMP NOT NULL,
    change TIMESTAMP NOT NULL,
    valid_end TIMESTAMP NOT NULL,
    value DOUBLE[],
    deleted BOOLEAN NOT NULL
);

CREATE TABLE document_value (
    point BIGINT NOT NULL,
    valid_start TIMESTAMP NOT NULL,
    knowledge TIMESTAMP NOT NULL,
    change TIMESTAMP NOT NULL,
    valid_end TIMESTAMP NOT NULL,
    value VARCHAR,
    deleted BOOLEAN NOT NULL
);
