-- q2.sql - Q2: who of specialty $1 within 10 km of ($9, $10) has a start of a visit of $2 times 5 minutes, which is
-- $3 long, from $4 to $5, at a local minute of the day from $6 to $7, on the weekdays $8 (bit 0: Monday)?
-- A box around the circle is looked up, then the distance decides; of each candidate the open spans are taken in
-- order, cut to the minutes that are asked for, until one has a gap that is long enough.
WITH candidate AS MATERIALIZED (
    SELECT id
    FROM practitioner
    WHERE specialty = $1::smallint AND (lengths >> ($2::integer - 1)) & 1 = 1
        AND latitude BETWEEN $9::float8 - 0.0899325 AND $9::float8 + 0.0899325
        AND longitude BETWEEN $10::float8 - 0.0899325 / cos(radians($9::float8))
            AND $10::float8 + 0.0899325 / cos(radians($9::float8))
        AND 2 * 6371.0088 * asin(sqrt(
            sin(radians(latitude - $9::float8) / 2) ^ 2
            + cos(radians($9::float8)) * cos(radians(latitude)) * sin(radians(longitude - $10::float8) / 2) ^ 2)) <= 10
)
SELECT candidate.id, earliest.begins
FROM candidate, LATERAL (
    SELECT first_gap.begins
    FROM open_span AS o, LATERAL (
        SELECT min(lower(gap)) AS begins
        FROM unnest(
            tstzmultirange(tstzrange(
                greatest(o.begins, o.begins + ($6::integer - o.minute) * interval '1 minute'),
                least(o.ends, o.begins + ($7::integer - 5 - o.minute) * interval '1 minute' + $3::interval)))
            - coalesce((SELECT range_agg(tstzrange(v.begins, v.ends))
                        FROM visit AS v
                        WHERE v.practitioner = o.practitioner AND v.begins >= o.begins AND v.begins < o.ends), '{}')
        ) AS gap
        WHERE upper(gap) - lower(gap) >= $3::interval
    ) AS first_gap
    WHERE o.practitioner = candidate.id AND o.begins >= $4::timestamptz AND o.begins < $5::timestamptz
        AND ($8::integer >> o.weekday) & 1 = 1
        AND o.minute < $7::integer AND o.minute + extract(epoch FROM o.ends - o.begins) / 60 > $6::integer
        AND first_gap.begins IS NOT NULL
    ORDER BY o.begins
    LIMIT 1
) AS earliest
ORDER BY earliest.begins, candidate.id
LIMIT 20
