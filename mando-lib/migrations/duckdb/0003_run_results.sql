-- Which delivery day a run is for, what it came to, and how long its steps took.

ALTER TABLE run ADD COLUMN delivery_start TIMESTAMP;
ALTER TABLE run ADD COLUMN delivery_end TIMESTAMP;
ALTER TABLE run ADD COLUMN result VARCHAR;
ALTER TABLE run ADD COLUMN steps VARCHAR;
