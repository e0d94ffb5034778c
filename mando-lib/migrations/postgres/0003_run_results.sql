-- Which delivery day a run is for, what it came to, and how long its steps took.

ALTER TABLE run ADD COLUMN delivery_start bigint;
ALTER TABLE run ADD COLUMN delivery_end bigint;
ALTER TABLE run ADD COLUMN result text;
ALTER TABLE run ADD COLUMN steps text;
