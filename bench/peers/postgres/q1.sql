-- q1.sql - Q1: each start of a visit of length $4 with practitioner $1 from $2 to $3.
-- Open time less booked time is a multirange; each of its gaps that is long enough gives starts every 5 minutes.
WITH opened AS (
    SELECT range_agg(tstzrange(begins, ends)) AS span
    FROM open_span
    WHERE practitioner = $1::integer AND begins >= $2::timestamptz AND begins < $3::timestamptz
), booked AS (
    SELECT coalesce(range_agg(tstzrange(begins, ends)), '{}') AS span
    FROM visit
    WHERE practitioner = $1::integer AND begins >= $2::timestamptz AND begins < $3::timestamptz
)
SELECT generate_series(lower(gap), upper(gap) - $4::interval, interval '5 minutes')
FROM opened, booked, unnest(opened.span - booked.span) AS gap
WHERE upper(gap) - lower(gap) >= $4::interval
