#!/usr/bin/env bash
# test_set.sh - sets of one record at the same time: each names other fields, and none is lost.
#
# A round starts its sets together and looks at the record when all have ended. Not more than 16 at
# once on one record: each time that a set reads again, another one has won.
. tests/support/session.sh

pids=()
at_once() { # at_once ARGUMENT...: a set beside the others
    fasti set "$@" >"$work/out.${#pids[@]}" 2>&1 &
    pids+=($!)
}

all_done() { # all_done WHAT: waits for the sets of a round
    for i in "${!pids[@]}"; do
        wait "${pids[$i]}" || fail "$1: a set exits $?" "$work/out.$i"
    done
    pids=()
}

shows() { # shows WHAT KIND ID TEXT...: the record as JSON has each of the texts
    local what=$1 kind=$2 id=$3
    shift 3
    fasti --json show "$kind" "$id" >"$work/record"
    for text; do
        grep -qF -- "$text" "$work/record" || fail "$what: no $text in:" "$work/record"
    done
}

start
export FASTI_ORGANIZATION=clinic
fasti create organization --id clinic >/dev/null
fasti create location --id here --zone UTC >/dev/null
fasti create location --id there --zone UTC >/dev/null
services=()
for id in a b c d e f g h; do
    fasti create service --id "$id" --minutes 30 >/dev/null
    services+=(--service "$id")
done
fasti create schedule --id anna --location here "${services[@]}" >/dev/null

rounds=6
for round in $(seq $rounds); do
    # ---- records that are there ----
    fasti set location --id here --name plain --zone UTC --latitude 0 --longitude 0 >/dev/null
    at_once location --id here --name "name $round"
    at_once location --id here --zone Europe/Berlin
    at_once location --id here --latitude "1.$round" --longitude "2.$round"
    fasti set service --id a --name plain --minutes 30 --grid 30 >/dev/null
    at_once service --id a --name "name $round"
    at_once service --id a --minutes 20
    at_once service --id a --grid 15
    all_done 'records that are there'
    shows 'fields of a location' location here "\"name $round\"" '"Europe/Berlin"' \
        "\"latitude\":1.$round" "\"longitude\":2.$round"
    shows 'fields of a service' service a "\"name $round\"" '"minutes":20' '"grid":15'

    # ---- a schedule and its openings: one etag. Its services are named before it is put ----
    fasti set schedule --id anna --name plain --location here >/dev/null
    fasti set opening --schedule anna --id day --from 09:00 --to 10:00 --first 2023-01-01 \
        --last 2023-02-01 --capacity 1 --weekdays mon "${services[@]}" >/dev/null
    at_once schedule --id anna --name "name $round"
    at_once schedule --id anna --location there
    at_once opening --schedule anna --id day --from 08:00
    at_once opening --schedule anna --id day --to 17:00
    at_once opening --schedule anna --id day --first 2022-03-04
    at_once opening --schedule anna --id day --last 2023-03-04
    at_once opening --schedule anna --id day --capacity 7
    at_once opening --schedule anna --id day --weekdays tue
    at_once opening --schedule anna --id "new-$round-1" --from 18:00 --to 19:00
    at_once opening --schedule anna --id "new-$round-2" --from 19:00 --to 20:00
    at_once opening --schedule anna --id "new-$round-3" --from 20:00 --to 21:00
    all_done 'a schedule and its openings'
    shows 'fields of a schedule' schedule anna "\"name\":\"name $round\"" '"location":"there"'
    shows 'fields of an opening' schedule anna '"from":"08:00","to":"17:00","weekdays":"tue"' \
        '"first":"2022-03-04","last":"2023-03-04"' '"capacity":7'
    shows 'other openings' schedule anna "\"new-$round-1\"" "\"new-$round-2\"" "\"new-$round-3\""

    # ---- records that are not: each set creates it, or finds it created ----
    at_once service --id "s-$round" --minutes 20 --name "name $round"
    at_once service --id "s-$round" --minutes 20 --grid 10
    at_once opening --schedule anna --id "o-$round" --from 06:00 --to 07:00 --capacity 3
    at_once opening --schedule anna --id "o-$round" --from 06:00 --to 07:00 --weekdays sun
    at_once opening --schedule anna --id "o-$round" --from 06:00 --to 07:00 --first 2022-03-04
    at_once opening --schedule anna --id "o-$round" --from 06:00 --to 07:00 --last 2023-03-04
    all_done 'records that are not there'
    shows 'fields of a new service' service "s-$round" "\"name $round\"" '"grid":10'
    fasti --json show schedule anna | tr '{' '\n' | grep "\"o-$round\"" >"$work/opening"
    for field in '"weekdays":"sun"' '"capacity":3' '"first":"2022-03-04"' '"last":"2023-03-04"'; do
        expect 'an opening made by four' "$field" "$work/opening"
    done
done

before=$(digest)
stop
start
[ "$(digest)" = "$before" ] || fail 'a restart has another digest'
stop
echo "passed: $rounds rounds of sets at the same time"
