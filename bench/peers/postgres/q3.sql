-- q3.sql - Q3: as q2.sql, of the whole country.
WITH candidate AS MATERIALIZED (
    SELECT id
    FROM practitioner
    WHERE specialty = $1::smallint AND (lengths >> ($2::integer - 1)) & 1 = 1
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
