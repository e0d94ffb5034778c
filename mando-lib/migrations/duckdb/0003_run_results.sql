-- Which delivery day a run is for, what it came to, and how long its steps took.

ALTER TABLE run ADD COLUMN delivery_start BIGINT;
ALTER TABLE run ADD COLUMN delivery_end BIGINT;
ALTER TABLE run ADD COLUMN result VARCHAR;
ALTER TABLE run ADD COLUMN steps VARCHAR;
