#!/usr/bin/env bash
# test_quota.sh - a real feed booked to its last place by racing clients: never more than a span has.
#
#   tests/test_quota.sh [RUSH_RUNS]    runs of the rush; 20 when not given
#
# plain: as imported, one visit at once; 267 of 46,702 places find no time. wide: so many at once
# that all do. Then kill -9 and the same counts, and files that say otherwise, as canaries. Reads
# $FASTI_SHARED/fixtures/smart-scheduling; exits 77 (skipped) where it or io_uring is absent.
. tests/support/session.sh
need_feed
runs=${1:-20}

feed_run() { # feed_run VERB ORGANIZATION [DIR]: fill_feed, its lines in $work/VERB.ORGANIZATION
    "$bin/fill_feed" "$1" "unix:$work/s" "$2" "${3:-$feed}" America/New_York 15
}
run() { # run VERB ORGANIZATION: which must succeed
    feed_run "$@" >"$work/$1.$2" 2>&1 || fail "$*" "$work/$1.$2"
}

start
for organization in plain wide; do
    fasti --organization $organization import smart "$feed" --zone America/New_York --minutes 15 \
        >"$work/import" 2>&1 || fail 'import' "$work/import"
done

# ---- as it is ----
run fill plain
expect 'no span over another' ' 46702 places; 0 spans overlap others;' "$work/fill.plain"
expect 'all that fits' ' 46435 places fit in time, 46435 visits' "$work/fill.plain"
expect 'the rest' '^235 spans do not hold all their places, 267 places in all' "$work/fill.plain"
expect 'which' 'schedule 116, 2023-03-26 11:00: 33 places, 32 visits' "$work/fill.plain"

# ---- as many at once as the places need ----
run raise wide
expect 'two at once' '^93 of 112 schedules take more visits at once, at most 2$' "$work/raise.wide"
run fill wide
expect 'all places' '46702 places fit in time, 46702 visits' "$work/fill.wide"
expect 'none is left' '^0 spans do not hold all their places' "$work/fill.wide"

# ---- kill -9 ----
before=$(digest)
kill_server
start
expect 'recovery' 'recovered: [1-9]' "$work/log"
[ "$(digest)" = "$before" ] || fail 'the state is another one after kill -9'
for organization in plain wide; do
    run count $organization
    tail -2 "$work/fill.$organization" >"$work/told"
    tail -2 "$work/count.$organization" >"$work/told.again"
    cmp -s "$work/told" "$work/told.again" || fail 'other visits after kill -9' "$work/told.again"
done

# ---- canaries: a file with a place less, or one more, than what was imported ----
mutant() { # mutant WHAT PATTERN SED_SCRIPT
    rm -rf "$work/mutant"
    cp -r "$feed" "$work/mutant"
    chmod -R u+w "$work/mutant"
    sed -i "$3" "$work"/mutant/*slots*.ndjson
    exits 1 "$1" feed_run count wide "$work/mutant"
    expect "$1" "$2" "$work/out"
}
mutant 'a place less' 'more visits than places' '2s/"valueInteger":[0-9]*/"valueInteger":1/'
mutant 'a place more' 'with places and time is not full' '2s/"valueInteger":[0-9]*/"valueInteger":99/'

# ---- a rush ----
"$bin/rush_slots" "unix:$work/s" "$runs" >"$work/rush" 2>&1 || fail 'the rush' "$work/rush"
expect 'the rush' "^$runs runs of 64 connections, .*: 100 winners in each" "$work/rush"
stop
grep -h 'connections, ' "$work/fill.plain" "$work/fill.wide" "$work/rush"
echo "passed: 46,435 and 46,702 visits in 46,702 places, through kill -9"
