-- Data points, their versions, and who changed what. Ids ascend bytewise.

-- One row for each transaction that stored something.
CREATE TABLE change (
    change timestamptz PRIMARY KEY,
    author text NOT NULL,
    reason text NOT NULL
);

-- What never changes of a data point. type: 1 series, 2 matrix, 3 document; width: numbers of a value.
CREATE TABLE point (
    point bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    type integer NOT NULL,
    width integer NOT NULL
);

-- Versions of its configuration. The resolution is months, then days, then exact time.
CREATE TABLE configuration (
    point bigint NOT NULL REFERENCES point,
    knowledge timestamptz NOT NULL,
    change timestamptz NOT NULL REFERENCES change,
    unit text NOT NULL,
    time_zone text NOT NULL,
    aggregation integer NOT NULL,
    resolution_months integer NOT NULL,
    resolution_days integer NOT NULL,
    resolution_us bigint NOT NULL,
    document text,
    PRIMARY KEY (point, knowledge, change)
);

-- Versions of its values: a number, a matrix's numbers (NaN is missing) or a document's text; all NULL is
-- known to be missing. A document ends where it starts.
CREATE TABLE value (
    point bigint NOT NULL,
    valid_start timestamptz NOT NULL,
    knowledge timestamptz NOT NULL,
    change timestamptz NOT NULL,
    valid_end timestamptz NOT NULL,
    number double precision,
    deleted boolean NOT NULL,
    numbers double precision[],
    document text,
    PRIMARY KEY (point, valid_start, knowledge, change)
) PARTITION BY RANGE (valid_start);

CREATE INDEX value_by_change ON value USING brin (change);

-- The months between these two have a partition each, made with their first row: value_month lists them.
CREATE TABLE value_before_2000 PARTITION OF value
    FOR VALUES FROM (MINVALUE) TO ('2000-01-01 00:00:00+00');
CREATE TABLE value_from_2100 PARTITION OF value
    FOR VALUES FROM ('2100-01-01 00:00:00+00') TO (MAXVALUE);
CREATE TABLE value_month (
    month timestamptz PRIMARY KEY
);
