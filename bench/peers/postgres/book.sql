-- book.sql - B: a visit of practitioner $1 from $2 to $3 for patient $4; no row where it overlaps another.
INSERT INTO visit (practitioner, begins, ends, patient)
VALUES ($1::integer, $2::timestamptz, $3::timestamptz, $4::bigint)
ON CONFLICT DO NOTHING
RETURNING id
