-- Which delivery day a run is for, what it came to, and how long its steps took.

ALTER TABLE run ADD COLUMN delivery_start timestamptz;
ALTER TABLE run ADD COLUMN delivery_end timestamptz;
ALTER TABLE run ADD COLUMN result text COLLATE "C";
ALTER TABLE run ADD COLUMN steps text COLLATE "C";
