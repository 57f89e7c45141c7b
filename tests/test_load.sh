#!/usr/bin/env bash
# test_load.sh - fasti-bench load against a server: both loops, ramps, a rush, what they print and
# write, and checks that fail when something is done behind a run's back. No figure is looked at.
. tests/support/session.sh

export FASTI_ORGANIZATION=workload
load() { "$bin/fasti-bench" load --server "unix:$work/s" --organization workload "$@"; }
# told WHAT FILTER OPTION...: the JSON of a load is in $work/json, and jq's filter is true of it.
told() {
    local what=$1 filter=$2
    shift 2
    load --json "$@" >"$work/json" 2>"$work/lines" || fail "$what: exits $?" "$work/lines"
    is "$what" "$filter"
}
is() { jq -e "$2" "$work/json" >"$work/out" || fail "$1: it is not so that $2:" "$work/json"; }
booked() { fasti --json status | jq .appointments; }
run=
trap '[ -z "$run" ] || kill -KILL "$run" 2>/dev/null || true; tidy' EXIT
sum='.done + .refused + .busy + .given_up'

serve --listen none --now 2026-10-05T00:00:00Z
exits 0 'a fill' "$bin/fasti-bench" generate --schedules 20 --fill-days 5 --server "unix:$work/s"
before=$(booked)

# ---- the closed loop ----
told 'closed loop' '.loop == "closed" and .stopped == false and .all.done > 0' --seconds 1 --connections 3 --depth 4 \
    --mix search=1,page=1,book=4,cancel=1,hold=4 --check --clean --csv "$work/curve.csv"
is 'operations' '([.operations[] | '"$sum"'] | add) == (.all | '"$sum"')'
is 'bookings' '(reduce .operations[] as $o ({}; .[$o.op] = $o.done)) as $n |
    .check.passed and .check.bookings == ($n.book // 0) + ($n.confirm // 0) and
    .cleaned == .check.bookings - ($n.cancel // 0) and .left == 0 and .check.bookings > 0'
[ "$(booked)" = "$before" ] || fail 'a clean run left something'
[ "$(head -n 1 "$work/curve.csv")" = 'step,operation,percentile,latency_us,count' ] || fail 'head of a table' "$work/curve.csv"
done=$(jq '.all.done + .all.refused' "$work/json")
awk -F, -v all="$done" 'NR == 1 { next }
    $1 $2 == before && ($3 <= percentile || $4 < latency || $5 < count) { print "row " NR; exit 1 }
    { before = $1 $2; percentile = $3; latency = $4; count = $5 }
    $2 == "all" && $3 == 100 { last = $5 }
    END { if (last != all) { print last " is not " all; exit 1 } }' "$work/curve.csv" >"$work/out" || fail 'curve' "$work/out"

# ---- the open loop: as many commands as are due, whatever the server does ----
told 'open loop' '.loop == "open" and .rate == 150 and (.all | '"$sum"') == 150' --rate 150 --spacing even --seconds 1 \
    --connections 4 --threads 2 --mix mixed --check --clean
told 'too fast' '(.all | '"$sum"') == 200000 and .all.given_up > 0' --rate 200000 --spacing even --seconds 1 \
    --connections 1 --patience 1 --quiet
[ ! -s "$work/lines" ] || fail 'quiet' "$work/lines"
told 'ramp' '[.steps[].rate] == [40, 120] and [.steps[] | '"$sum"'] == [40, 120]' --ramp rate=40..120/2 --spacing even \
    --seconds 1 --connections 2
told 'connections' '[.steps[].connections] == [1, 3] and .loop == "closed"' --ramp connections=1..3/2 --seconds 1

# ---- a rush ----
told 'rush' '(reduce .operations[] as $o ({}; .[$o.op] = $o)) as $n | .loop == "rush" and .rounds > 0 and
    $n.book.done == .rounds * 5 and $n.book.refused == .rounds * 5 * 7 and .check.bookings == $n.book.done and
    ($n.cancel.done // 0) == (.rounds - 1) * 5' --rush 5 --connections 8 --depth 2 --seconds 1 --check --clean

# ---- for people ----
picture=()
! command -v gnuplot >/dev/null || picture=(--png "$work/curve.png")
exits 0 'text' load --mix book=2,page=1 --rate 50 --seconds 1 --check --clean --connections 2 "${picture[@]}"
has 'text' 'page=1,book=2, 2 connections x depth 1' 'open loop, poisson, 50 commands/s' 'p99.99 us' 'all ' \
    'checked: ' 'bookings of this run stand'
[ -z "${picture[*]}" ] || [ "$(head -c 4 "$work/curve.png" | tail -c 3)" = PNG ] || fail 'not a PNG'
exits 1 'no gnuplot' env PATH="$work" "$(realpath "$bin")/fasti-bench" load --server "unix:$work/s" --organization workload \
    --png "$work/none.png" --seconds 600
has 'no gnuplot' 'install gnuplot-nox'
exits 1 'no such folder' load --seconds 600 --csv "$work/none/curve.csv"
has 'no such folder' 'No such file or directory'
[ -z "$(find "$work" -name '*.part' -o -name 'none*')" ] || fail 'a file is left over'

# ---- a check fails ----
# A run in the background books 200 times a second until it is told to stop; one of its bookings is in $record then, at
# $start of $schedule for $service. Runs before it have cleaned up.
begin() {
    "$bin/fasti-bench" load --server "unix:$work/s" --organization workload --mix book --rate 200 --connections 2 \
        --seconds 600 --check --clean --json "$@" >"$work/json" 2>"$work/lines" &
    run=$!
    for _ in $(seq 600); do
        schedule=s$((RANDOM % 20))
        fasti --json list appointments --schedule "$schedule" --limit 1 | jq -r '.appointments[0] // {} |
            select(.patient // "" | startswith("bench-")) | "\(.record) \(.start) \(.service)"' >"$work/found"
        ! read -r record start service <"$work/found" || return 0
        kill -0 "$run" 2>/dev/null || fail 'a run in the background' "$work/lines"
    done
    fail 'the run books nothing'
}
ends() { # ends CODE WHAT TEXT...: the run, after a signal
    local rc=0
    kill -TERM "$run" 2>/dev/null || true
    wait "$run" || rc=$?
    cp "$work/lines" "$work/out"
    [ "$rc" = "$1" ] || fail "$2: exits $rc, not $1" "$work/out"
    has "${@:2}"
}
begin
exits 0 'behind its back' fasti cancel "$record"
until grep -q '1 s .* on their way' "$work/lines"; do sleep 0.1; done
ends 4 'a booking is gone' "CHECK FAILED: schedule $schedule: missing: record $record (" 'the server does not have it'
is 'a booking is gone' '.check.passed == false and .stopped'
begin --quiet
exits 0 'two seats' fasti set schedule --id "$schedule" --capacity 2
exits 0 'a second one' fasti --json book --schedule "$schedule" --service "$service" --start "$start" --patient other
other=$(jq '.record // .records[0]' "$work/out")
ends 4 'sold twice' "CHECK FAILED: schedule $schedule: sold twice: record " "record $record (" "record $other (" 'overlap'

# ---- what is wrong ----
wrong() { # wrong TEXT OPTION...
    local text=$1
    shift
    exits 2 "$text" load "$@"
    has "$text" "$text"
}
wrong '"books=1" is not a part with a weight' --mix books=1
wrong '--rate takes a number from 1 to 10000000, not "0"' --rate 0
wrong '"rate=1..2" is not like rate=1000..20000/10' --ramp rate=1..2
wrong '--ramp rate= and --rate do not go together' --ramp rate=1..2/2 --rate 3
wrong '--ramp connections= and --connections do not go together' --ramp connections=1..2/2 --connections 3
wrong '--linear is for --ramp rate=' --ramp connections=1..2/2 --linear
wrong '--spacing is of an open loop' --spacing even
wrong '--rush is a run of its own' --rush 3 --mix book
wrong 'all steps together may take 3600 seconds' --ramp rate=1..2/2 --seconds 1801
exits 3 'an organization that is none' "$bin/fasti-bench" load --server "unix:$work/s" --organization none

# ---- the server dies, and comes back with all that it acknowledged ----
begin --quiet
kill_server
serve --listen none --now 2026-10-05T00:00:00Z
ends 3 'killed' 'fasti-bench: connection ' 'checked after a connection was lost: ' 'none is missing'
stop
exits 3 'no server' load --seconds 1
has 'no server' 'nobody answers at'
echo 'passed: loops, ramps, a rush, files, checks that pass and that fail, what is wrong'
