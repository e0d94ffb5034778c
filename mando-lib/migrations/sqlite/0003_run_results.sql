-- Which delivery day a run is for, what it came to, and how long its steps took.

ALTER TABLE run ADD COLUMN delivery_start INTEGER;
ALTER TABLE run ADD COLUMN delivery_end INTEGER;
ALTER TABLE run ADD COLUMN result TEXT;
ALTER TABLE run ADD COLUMN steps TEXT;
