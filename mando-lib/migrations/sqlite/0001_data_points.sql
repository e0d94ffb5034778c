-- Data points, their versions, and who changed what. Times are microseconds UTC.

-- One row for each transaction that stored something.
CREATE TABLE change (
    change INTEGER PRIMARY KEY,
    author TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- What never changes of a data point. type: 1 series, 2 matrix, 3 document; width: numbers of a value.
CREATE TABLE point (
    point INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type INTEGER NOT NULL,
    width INTEGER NOT NULL
) STRICT;

-- Versions of its configuration. The resolution is months, then days, then exact time.
CREATE TABLE configuration (
    point INTEGER NOT NULL REFERENCES point,
    knowledge INTEGER NOT NULL,
    change INTEGER NOT NULL REFERENCES change,
    unit TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    aggregation INTEGER NOT NULL,
    resolution_months INTEGER NOT NULL,
    resolution_days INTEGER NOT NULL,
    resolution_us INTEGER NOT NULL,
    document TEXT,
    PRIMARY KEY (point, knowledge, change)
) STRICT, WITHOUT ROWID;

-- Versions of its values. value: a real number, a matrix's doubles (little-endian, NaN is missing) as a
-- blob, or a document's text; NULL is known to be missing. A document ends where it starts.
CREATE TABLE value (
    point INTEGER NOT NULL,
    valid_start INTEGER NOT NULL,
    knowledge INTEGER NOT NULL,
    change INTEGER NOT NULL,
    valid_end INTEGER NOT NULL,
    value ANY,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (point, valid_start, knowledge, change)
) STRICT, WITHOUT ROWID;
