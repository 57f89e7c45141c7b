#!/usr/bin/env bash
# test_feed.sh - a real feed in, a durable booking out: import, ask, book, kill -9, restart, ask again.
#
# Reads $FASTI_SHARED/fixtures/smart-scheduling; exits 77 (skipped) where it or io_uring is absent.
set -euo pipefail
bin=${FASTI_BIN:-build/dev/bin}
feed=${FASTI_SHARED:-../shared}/fixtures/smart-scheduling
[ -d "$feed" ] || { echo "skipped: $feed is absent"; exit 77; }
work=$(mktemp -d)
pid=
tidy() {
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT

start() {
    : >"$work/log"
    "$bin/fastid" --data "$work/data" --listen 127.0.0.1:0 --unix "$work/s" \
        --now 2023-03-23T12:00:00Z 2>"$work/log" &
    pid=$!
    for _ in $(seq 600); do
        ! grep -q 'ready' "$work/log" || return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/log"
    ! grep -q 'io_uring' "$work/log" || { echo 'skipped: io_uring is denied'; exit 77; }
    exit 1
}

fasti() { "$bin/fasti" --server "unix:$work/s" --organization riteaid "$@"; }

expect() { # expect WHAT PATTERN FILE
    grep -q -- "$2" "$3" || { echo "FAILED: $1: no \"$2\" in:"; head -c 2000 "$3"; exit 1; }
}

ask() { fasti availability --service covid19-immunization --from 2023-03-24 --days 14 "$@"; }

start
fasti import smart "$feed" --zone America/New_York --minutes 15 >"$work/import" 2>&1
expect 'capacity is told of' 'places of 1430 spans' "$work/import"
fasti import smart "$feed" --zone America/New_York --minutes 15 >"$work/again" 2>&1
expect 'a repeat changes nothing' 'nothing changed' "$work/again"
ask --json >"$work/all"
expect 'every start of the feed' '"total":63738,' "$work/all"
ask --schedule 116 >"$work/116"
expect 'schedule 116' '640 starts' "$work/116"
expect 'a busy day is full' '2023-03-24  FULL' "$work/116"
ask --schedule 10507 >"$work/10507"
expect 'schedule 10507' '504 starts' "$work/10507"
expect 'Sundays' '2023-03-26  CLOSED' "$work/10507"

book() {
    fasti book --schedule 116 --service covid19-immunization --patient p-1 \
        --start 2023-03-25T10:00:00-04:00
}
book >"$work/booked"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
start
expect 'recovery' 'recovered: [1-9]' "$work/log"
ask --schedule 116 >"$work/116"
expect 'the slot is gone after kill -9' '639 starts' "$work/116"
rc=0
book >"$work/refused" 2>&1 || rc=$?
[ $rc = 1 ] || { echo "FAILED: a second booking exits $rc, not 1"; cat "$work/refused"; exit 1; }
kill -TERM "$pid"
wait "$pid"
pid=
"$bin/fasti-log" verify "$work/data" >"$work/verify"
echo 'passed: 63,738 starts, one booking through kill -9'
