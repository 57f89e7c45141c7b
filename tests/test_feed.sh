#!/usr/bin/env bash
# test_feed.sh - a real feed in, a durable booking out: import, ask, book, kill -9, restart, ask again.
#
# Every start of every schedule is compared with check_feed's own reading of the file. Reads
# $FASTI_SHARED/fixtures/smart-scheduling; exits 77 (skipped) where it or io_uring is absent.
. tests/support/session.sh
need_feed

import() { fasti --organization "$1" import smart "$feed" --zone America/New_York "${@:2}"; }
check() { # check WHAT ORGANIZATION MINUTES [civil] [issue]
    "$bin/check_feed" "unix:$work/s" "$2" "$feed" America/New_York "${@:3}" >"$work/check" 2>&1 ||
        fail "$1" "$work/check"
}
ask() {
    fasti --organization riteaid availability --service covid19-immunization --from 2023-03-24 \
        --days 14 "$@"
}

start
import riteaid --minutes 15 >"$work/import" 2>&1
expect 'capacity is told of' 'capacity: 1430 spans have a number of places' "$work/import"
expect 'more places than time' 'riteaid-slots-NJ.ndjson:924: 33 places, time for 32' "$work/import"
check 'every start, as the instants say' riteaid 15 issue
expect 'every start of the feed' '63738 starts' "$work/check"
import riteaid --minutes 15 >"$work/again" 2>&1
expect 'a repeat changes nothing' 'nothing changed' "$work/again"
ask --json >"$work/all"
expect 'every start of the feed' '"total":63738,' "$work/all"
ask --schedule 116 >"$work/116"
expect 'schedule 116' '640 starts' "$work/116"
expect 'a busy day is full' '2023-03-24  FULL' "$work/116"
ask --schedule 10507 >"$work/10507"
expect 'schedule 10507' '504 starts' "$work/10507"
expect 'Sundays' '2023-03-26  CLOSED' "$work/10507"

import clocks --minutes 15 --civil >"$work/civil" 2>&1
check 'every start, as the wall clock says' clocks 15 civil
import sevens --minutes 7 >"$work/sevens" 2>&1
check 'every start of visits that fill no hour' sevens 7
import long --minutes 90 >"$work/long" 2>&1
check 'every start of long visits' long 90

book() {
    fasti --organization riteaid book --schedule 116 --service covid19-immunization \
        --patient p-1 --start 2023-03-25T10:00:00-04:00
}
book >"$work/booked"
kill_server
start
expect 'recovery' 'recovered: [1-9]' "$work/log"
ask --schedule 116 >"$work/116"
expect 'the slot is gone after kill -9' '639 starts' "$work/116"
exits 1 'a second booking' book
check 'every start after kill -9' clocks 15 civil
stop
echo 'passed: 63,738 starts, one booking through kill -9'
