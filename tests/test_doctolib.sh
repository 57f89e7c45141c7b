#!/usr/bin/env bash
# test_doctolib.sh - two recorded booking pages as directories, and the answers of the availability
# page from openings that are like them: days, starts, total and next_slot are the same.
#
# Reads $FASTI_SHARED/fixtures/doctolib-shape; exits 77 (skipped) where it, jq or io_uring is absent.
# The openings are computed from the recorded answers, which our answer is compared with in their
# own shape: so a start too many is noticed as well as one too few.
. tests/support/session.sh
fixtures=${FASTI_SHARED:-../shared}/fixtures/doctolib-shape
organization=$fixtures/booking-info-organization.json
practitioner=$fixtures/booking-info-practitioner.json
for file in "$organization" "$practitioner" "$fixtures/availabilities.json"; do
    [ -f "$file" ] || { echo "skipped: $file is absent"; exit 77; }
done
command -v jq >/dev/null || { echo 'skipped: jq is absent'; exit 77; }

serve --listen 127.0.0.1:0 --now 2026-02-27T12:00:00Z
export FASTI_ORGANIZATION=france

# ---- the directory ----
exits 0 'a dry run' fasti import doctolib "$organization" --dry-run
has 'a dry run' 'nothing was imported'
exits 2 'nothing is there after it' fasti list schedules
exits 0 'the organization' fasti import doctolib "$organization"
has 'the organization' 'imported: 20 records created' '7 agendas' 'service 3251402: ' 'patients known' \
    'left out of visit motive: ' 'position (4)'
exits 0 'the practitioner' fasti import doctolib "$practitioner"
has 'the practitioner' 'imported: 7 records created' 'service 1830057: ' 'age_min 3y'
before=$(digest)
for file in "$organization" "$practitioner"; do
    exits 0 'again' fasti import doctolib "$file"
    has 'again' 'nothing changed'
done
[ "$(digest)" = "$before" ] || fail 'a repeat changes the digest'

# What stands there is what the files say, each record of it.
data() { jq -r ".data.$1" "$organization" "$practitioner" | sort >"$work/expected"; }
listed() { # listed KIND FILTER: of each record that is there, as data says it of the files
    fasti --json list "$1" | jq -r ".[][] | $2" | sort >"$work/found"
    diff "$work/expected" "$work/found" >"$work/out" || fail "other $1" "$work/out"
}
data 'places[] | "\(.id) \(.name)"'
listed locations '"\(.id) \(.name)"'
data 'practitioners[] | "\(.id) \(.name_with_title)"'
listed practitioners '"\(.id) \(.name)"'
data 'visit_motives[] | "\(.id) \(.name) 15 \(.ref_visit_motive_id // "-")"'
listed services '"\(.id) \(.name) \(.minutes) \(.code // "-" | ltrimstr("doctolib:"))"'
data 'agendas[] | "\(.id) practice-\(.practice_id) \(.practitioner_id) \(.visit_motive_ids | map(tostring) | sort)"'
listed schedules '"\(.id) \(.location) \(.practitioner) \(.service | sort)"'
exits 0 'a place' fasti show location practice-125055
has 'a place' 'Europe/Paris' '44.8386722' '-0.5780466'

# ---- openings that are like the recorded answers ----
# Starts of one day that follow each other at once are one opening; the grid of a quarter of an hour
# makes the starts of it again.
openings() { # openings SCHEDULE SERVICE FILE...
    jq -c --slurp --arg schedule "$1" --arg service "$2" '
        def minute: .[11:13] as $h | .[14:16] as $m | ($h | tonumber) * 60 + ($m | tonumber);
        def clock: "\(. / 60 | floor + 100 | tostring[1:]):\(. % 60 + 100 | tostring[1:])";
        .[].availabilities[] | .date as $date
        | reduce (.slots[] | minute) as $at ([];
            if length > 0 and .[-1].to == $at then .[-1].to += 15 else . + [{from: $at, to: ($at + 15)}] end)
        | .[] | {kind: "opening", schedule: $schedule, id: "\($date) \(.from | clock)", rule: "dated",
                 date: $date, from: (.from | clock), to: (.to | clock), service: $service}' "${@:3}"
}
same() { # same WHAT FILE ARGUMENT...: availability answers what the file holds
    jq -S . "$2" >"$work/expected"
    fasti --json availability --from "$(jq -r '.availabilities[0].date' "$2")" \
        --days "$(jq '.availabilities | length' "$2")" "${@:3}" >"$work/answer"
    jq -S 'def slot: .[0:19] + ".000" + .[19:];
        .schedules[0] as $s
        | {total, availabilities: [$s.days[] | {date, slots: [.starts[].start | slot]}]}
          + if $s.next_slot == null then {} else {next_slot: ($s.next_slot | slot)} end' \
        "$work/answer" >"$work/found"
    diff "$work/expected" "$work/found" >"$work/out" || fail "$1: not the recorded answer" "$work/out"
}
openings 2359638 14790226 "$fixtures/availabilities.json" >"$work/openings"
openings 540321 3268102 "$fixtures"/availabilities_page[123].json >>"$work/openings"
[ "$(wc -l <"$work/openings")" = 9 ] || fail 'not 9 openings' "$work/openings"
exits 0 'openings' fasti import ndjson "$work/openings"

two_days=(--schedule 2359638 --service 14790226)
same 'two days' "$fixtures/availabilities.json" "${two_days[@]}"

# Page after page: one without a start tells where the next one begins.
pages=(--schedule 540321 --service 3268102)
same 'page 1' "$fixtures/availabilities_page1.json" "${pages[@]}"
next=$(jq -r '.schedules[0].next_slot' "$work/answer")
[ "${next%%T*}" = "$(jq -r '.availabilities[0].date' "$fixtures/availabilities_page2.json")" ] ||
    fail "page 1 leads to $next, not to page 2"
same 'page 2' "$fixtures/availabilities_page2.json" "${pages[@]}"
fasti --json availability "${pages[@]}" --from 2026-03-13 --days 7 >"$work/answer"
expect 'between the pages' '"total":0,.*"next_slot":"2026-03-20T10:00:00+01:00"' "$work/answer"
same 'page 3' "$fixtures/availabilities_page3.json" "${pages[@]}"
fasti --json availability "${pages[@]}" --from 2026-03-21 --days 7 >"$work/answer"
expect 'after the last page' '"next_slot":null' "$work/answer"

# ---- found by what practices share: the specialty, the motive of the catalogue ----
exits 0 'dentists' fasti --json search --specialty dentiste --from 2026-02-27 --to 2026-03-26
jq -e '.candidates == 8 and ([.results[].schedule] | sort == ["2359638", "540321"])' "$work/out" >/dev/null ||
    fail 'dentists: not the two that have openings, of 8' "$work/out"
exits 0 'nobody of another' fasti --json search --specialty dermatologue --from 2026-02-27
expect 'nobody of another' '"candidates":0' "$work/out"

# ---- who may book, as the files say ----
openings 2359638 1830057 "$fixtures/availabilities_page2.json" >"$work/openings"
openings 539683 3251402 "$fixtures/availabilities_page2.json" >>"$work/openings"
exits 0 'openings' fasti import ndjson "$work/openings"
first=(--schedule 2359638 --service 1830057)
known=(--schedule 539683 --service 3251402)
same 'three years old' "$fixtures/availabilities_page2.json" "${first[@]}" --age 36
exits 0 'a first visit' fasti --json search --code doctolib:475 --from 2026-03-12 --to 2026-03-18 --age 36
jq -e '[.results[].schedule] == ["2359638"]' "$work/out" >/dev/null || fail 'a first visit' "$work/out"
same 'a known patient' "$fixtures/availabilities_page2.json" "${known[@]}" --patient-kind known
at=(--start 2026-03-12T09:00)
exits 1 'a month too young' fasti explain "${first[@]}" "${at[@]}" --age 35
has 'a month too young' 'of 3 years or more'
exits 1 'a new patient' fasti explain "${known[@]}" "${at[@]}" --patient-kind new
exits 1 'by video' fasti explain "${two_days[@]}" --start 2026-02-28T10:00 --modality video
exits 0 'at home' fasti explain "${two_days[@]}" --start 2026-02-28T10:00 --modality home

# ---- what is set here stays, what the file tells comes back ----
exits 0 'a length' fasti set service --id 1830057 --minutes 30 --notice 2h --age-min 5y
exits 0 'again' fasti import doctolib "$practitioner" --minutes 20
has 'again' '0 records created, 1 changed' 'age_min 3y'
exits 0 'the service' fasti show service 1830057
has 'the service' '30' '2h' '3y'
exits 0 'a specialty' fasti set schedule --id 2359638 --specialty children --specialty dentiste
exits 0 'the specialty of the file comes first' fasti import doctolib "$practitioner" --minutes 20
exits 0 'the schedule' fasti --json show schedule 2359638
expect 'the schedule' '"specialty":\["dentiste","children"\]' "$work/out"
before=$(digest)
kill_server
serve --listen 127.0.0.1:0 --now 2026-02-27T12:00:00Z
[ "$(digest)" = "$before" ] || fail 'another digest after a restart'
same 'two days, after a restart' "$fixtures/availabilities.json" "${two_days[@]}"
stop
echo 'passed: two booking pages are directories, and four recorded answers come out of them'
