#!/usr/bin/env bash
# test_odd_publication.sh - a publication of our own with all that is awkward in time: midnights, a
# day of 25 hours and one of 23, short slots, slots listed twice, overlaps, a crowded day.
#
# Every start is compared with check_feed's own reading, for visits of several lengths and as wall
# clock. Exits 77 (skipped) where io_uring is denied.
. tests/support/session.sh

row() { # row SCHEDULE START END [STATUS] [CAPACITY]
    printf '{"resourceType":"Slot","id":"x","schedule":{"reference":"Schedule/%s"},' "$1"
    printf '"status":"%s","start":"%s","end":"%s","extension":[{"url":' "${4:-free}" "$2" "$3"
    printf '"http://x/StructureDefinition/slot-capacity","valueInteger":%s}]}\n' "${5:-3}"
}
directory() { # directory SCHEDULES
    for i in $(seq "$1"); do
        printf '{"resourceType":"Location","id":"%d"}\n{"resourceType":"Schedule","id":"%d",' "$i" "$i"
        printf '"serviceType":[{"coding":[{"system":"a","code":"57"},{"system":'
        printf '"http://smarthealthit.org/x","code":"dose"}]}],"actor":[{"reference":"Location/%d"}]}\n' "$i"
    done
}

both() { # slots that mean something as instants and as wall clock
    # Across midnight and through a change of offset; through one within a day.
    row 1 2023-11-04T22:00:00-04:00 2023-11-05T06:00:00-05:00
    row 1 2024-03-09T23:00:00-05:00 2024-03-10T05:00:00-04:00
    row 1 2024-03-11T00:30:00-04:00 2024-03-11T06:00:00-04:00
    row 2 2023-11-05T12:00:00-05:00 2023-11-05T13:00:00-05:00 # one visit
    row 2 2023-11-05T14:00:00-05:00 2023-11-05T15:01:00-05:00 # visits
    row 2 2023-11-06T12:00:00-05:00 2023-11-06T13:00:00-05:00 busy
    row 2 2023-11-07T12:00:00-05:00 2023-11-07T13:00:00-05:00 free 0
    row 2 2023-11-08T12:00:00-05:00 2023-11-08T13:00:00-05:00 busy 0
    row 2 2023-11-08T12:00:00-05:00 2023-11-08T13:00:00-05:00 free 2
    row 2 2023-11-08T12:00:00-05:00 2023-11-08T13:00:00-05:00 free 2
    row 3 2023-11-08T09:00:00-05:00 2023-11-08T12:00:00-05:00 # overlaps, on one grid
    row 3 2023-11-08T10:00:00-05:00 2023-11-08T13:00:00-05:00
    row 3 2023-11-08T10:05:00-05:00 2023-11-08T13:05:00-05:00 # and on another
    row 3 2023-11-09T10:05:00-05:00 2023-11-09T13:05:00-05:00 busy
    row 3 2023-11-09T11:05:00-05:00 2023-11-09T12:55:00-05:00
    row 4 2023-11-12T23:45:00-05:00 2023-11-13T00:00:00-05:00
    row 5 2023-11-14T09:00:00-05:00 2023-11-16T09:00:00-05:00 # two days long
    row 5 2023-11-18T23:50:00-05:00 2023-11-19T02:00:00-05:00
    for i in $(seq 0 287); do # five-minute slots around the clock
        row 6 "$(printf '2023-11-21T%02d:%02d:00-05:00' $((i / 12)) $((i % 12 * 5)))" \
            "$(printf '2023-11-2%dT%02d:%02d:00-05:00' $((1 + (i + 1) / 288)) \
                $(((i + 1) / 12 % 24)) $(((i + 1) % 12 * 5)))"
    done
    for i in $(seq 60); do # a visit of every length up to an hour
        at=$((i * 22))
        row 7 "$(printf '2023-11-22T%02d:%02d:00-05:00' $((at / 60)) $((at % 60)))" \
            "$(printf '2023-11-22T%02d:%02d:00-05:00' $(((at + i) / 60)) $(((at + i) % 60)))"
    done
    row 7 2023-11-23T10:00:00-05:00 2023-11-23T10:20:00-05:00 # two that start together
    row 7 2023-11-23T10:00:00-05:00 2023-11-23T10:10:00-05:00
}
instants() { # slots that are told apart by their offsets only, or lie across midnight as one visit
    row 2 2023-11-05T01:10:00-04:00 2023-11-05T01:30:00-04:00
    row 2 2023-11-05T01:10:00-05:00 2023-11-05T01:30:00-05:00
    row 4 2023-11-09T23:45:00-05:00 2023-11-10T00:15:00-05:00
    row 5 2024-03-10T06:59:00Z 2024-03-10T07:20:00Z
}

mkdir "$work/instants" "$work/clocks"
{ directory 7; both; instants; } >"$work/instants/all.ndjson"
{ directory 7; both; } >"$work/clocks/all.ndjson"
start
compare() { # compare FEED MINUTES [civil]
    local organization="$1-$2" option=
    [ $# = 2 ] || option=--civil
    fasti --organization "$organization" import smart "$work/$1" --zone America/New_York \
        --minutes "$2" $option >"$work/out" 2>&1 || fail "the import of $organization" "$work/out"
    "$bin/check_feed" "unix:$work/s" "$organization" "$work/$1" America/New_York "$2" "${@:3}" \
        >"$work/check" 2>&1 || fail "every start of $organization" "$work/check"
}
for minutes in 5 7 15 20 45 90 1440; do
    compare instants $minutes
    compare clocks $minutes civil
done
kill_server
start
compare instants 15
compare clocks 45 civil
stop
echo 'passed: an odd publication, in visits of seven lengths'
