#!/usr/bin/env bash
# test_conflicts.sh - appointments that an edit leaves outside all openings: they stay, and are listed.
#
# Monday 2026-03-02, 13:00 in Berlin. Exits 77 (skipped) where io_uring is denied.
. tests/support/session.sh

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    for schedule in anna ben cleo; do
        echo '{"kind":"schedule","id":"'$schedule'","location":"here","service":"visit"}'
        echo '{"kind":"opening","schedule":"'$schedule'","id":"day","from":"08:00","to":"12:00"}'
    done
} >"$work/lines"
exits 0 "another organization" fasti create organization --id other
exits 0 "import" fasti import ndjson "$work/lines"
book() { # book SCHEDULE START PATIENT
    fasti book --schedule "$1" --service visit --start "$2" --patient "$3" >/dev/null
}
book anna 2026-03-03T09:00 p-1
book anna 2026-03-04T11:40 p-2
book ben 2026-03-05T08:00 p-3
book cleo 2026-03-05T08:00 p-4

exits 0 'before' fasti list conflicts
has 'before' 'none'

# anna closes at 11:00, ben opens at 09:00; what is told at once is what is listed from now on.
exits 0 'anna' fasti set opening --schedule anna --id day --to 11:00
has 'anna' 'appointments that no opening covers any more: 1 (kept; move or cancel them)' 'schedule anna  2026-03-04T11:40'
exits 0 'ben' fasti --json set opening --schedule ben --id day --from 09:00
has 'ben' '"conflict_count":1' '"patient":"p-3"'
exits 0 'listed' fasti list conflicts
has 'listed' 'Wed 2026-03-04 11:40' 'Thu 2026-03-05 08:00' 'p-2' 'p-3' 'booked, not covered'
hasnt 'listed' 'p-1' 'p-4'
exits 0 'as JSON' fasti --json list conflicts
has 'as JSON' '"patient":"p-2"' '"patient":"p-3"' '"conflict":true' '"more":false'
exits 0 'from a day on' fasti list conflicts --from 2026-03-05
has 'from a day on' 'p-3'
hasnt 'from a day on' 'p-2'
exits 0 'until a day' fasti list conflicts --to 2026-03-05
has 'until a day' 'p-2'
hasnt 'until a day' 'p-3'
exits 0 'one' fasti list conflicts --limit 1
has 'one' 'p-2' 'and more: raise --limit'
hasnt 'one' 'p-3'
exits 2 'no limit' fasti list conflicts --limit 0
has 'no limit' '--limit must be 1 to'
exits 0 'of another organization' fasti --organization other list conflicts
has 'of another organization' 'none'

kill_server
serve_march
exits 0 'after a restart' fasti list conflicts
has 'after a restart' 'p-2' 'p-3'

# One is moved to where it is open, one is cancelled, and nothing is left to do.
exits 0 'record' fasti --json list conflicts --to 2026-03-05
record=$(sed 's/.*"record":\([0-9]*\),.*/\1/' "$work/out")
exits 0 'move' fasti move "$record" --start 2026-03-04T10:00
exits 0 'record' fasti --json list conflicts
record=$(sed 's/.*"record":\([0-9]*\),.*/\1/' "$work/out")
exits 0 'cancel' fasti cancel "$record"
exits 0 'after' fasti list conflicts
has 'after' 'none'
stop
echo 'passed: appointments outside of all openings are told of and listed'
