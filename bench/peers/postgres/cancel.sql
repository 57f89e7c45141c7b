-- cancel.sql - C: the visit of this id; no row where there is none.
DELETE FROM visit WHERE id = $1::bigint RETURNING id
