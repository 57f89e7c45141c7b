-- indexes.sql - made after loading, one statement after the other. The last one refuses visits that overlap.
CREATE INDEX practitioner_place ON practitioner (specialty, latitude, longitude) INCLUDE (id, lengths);
CREATE INDEX open_span_begins ON open_span (practitioner, begins) INCLUDE (ends, weekday, minute);
ALTER TABLE visit ADD PRIMARY KEY (id);
CREATE INDEX visit_begins ON visit (practitioner, begins) INCLUDE (ends);
ALTER TABLE visit ADD CONSTRAINT visit_apart EXCLUDE USING gist (practitioner WITH =, tstzrange(begins, ends) WITH &&);
