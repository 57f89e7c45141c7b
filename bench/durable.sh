#!/usr/bin/env bash
# bench/durable.sh [DIR [ROUNDS [CONNECTIONS [DEPTH [WORKERS [MIX [RATE]]]]]]] - durable bookings beside what the disk gives.
#
# A second of 4 KiB RWF_DSYNC writes by one writer, two seconds of bookings over a Unix socket, in turn: the disk of a
# shared machine may change between two runs, less so between two seconds. Prints the figures of each round and the
# median ratio of bookings to CONNECTIONS x DEPTH x the mean of the flush rates before and after it. A server on a fresh
# directory in DIR (default: build), 640 schedules; removed at the end. The release preset must be built.
# RATE: an open loop of so many commands a second instead, a line of percentiles (microseconds from the intended time) a round.
# MIX hold: each start is held and then confirmed; the figure is confirmed pairs, of two durable answers each.
set -euo pipefail
cd "$(dirname "$0")/.."
where=${1:-build} rounds=${2:-5} connections=${3:-16} depth=${4:-1} workers=${5:-2} mix=${6:-book} rate=${7:-}
bin=build/release/bin
case $mix in
book) counted=book ;;
hold) counted=confirm ;;
*) echo "bench/durable.sh: MIX is book or hold, not $mix" >&2; exit 2 ;;
esac
[ -x $bin/fastid ] || { echo "bench/durable.sh: build the release preset first: tools/setup run release" >&2; exit 2; }
work=$(mktemp -d "$where/durable.XXXXXX")
"$bin/fastid" --data "$work/data" --unix "$work/s" --listen none --workers "$workers" 2>"$work/log" &
pid=$!
trap 'kill $pid 2>/dev/null || true; wait $pid 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    grep -q ready "$work/log" && break
    sleep 0.1
done
{
    echo '{"kind":"location","id":"l","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"s","minutes":10}'
    for i in $(seq 640); do
        echo "{\"kind\":\"schedule\",\"id\":\"c$i\",\"location\":\"l\",\"service\":[\"s\"]}"
        echo "{\"kind\":\"opening\",\"schedule\":\"c$i\",\"id\":\"o\",\"from\":\"07:00\",\"to\":\"19:00\"}"
    done
} >"$work/lines"
"$bin/fasti" --server "unix:$work/s" --organization bench import ndjson "$work/lines" >/dev/null 2>&1
flush() { "$bin/fasti-bench-rooms" --only flush --json --flush-seconds 1 --directory "$work" |
    sed -n 's/.*"per_second":\([0-9]*\).*/\1/p'; }
book() { "$bin/fasti-bench" load --server "unix:$work/s" --organization bench --mix "$mix" --clean --json --quiet --seconds 2 \
    --connections "$connections" --depth "$depth" | sed -n "s/.*\"op\":\"$counted\",\"per_second\":\([0-9]*\).*/\1/p"; }
if [ -n "$rate" ]; then
    for _ in $(seq "$rounds"); do
        "$bin/fasti-bench" load --server "unix:$work/s" --organization bench --mix "$mix" --clean --quiet --seconds 2 \
            --connections "$connections" --depth "$depth" --rate "$rate" | grep -E 'done/s|^(all|book) *[0-9]'
    done
    exit
fi
before=$(flush)
for _ in $(seq "$rounds"); do
    booked=$(book)
    after=$(flush)
    awk -v f="$before" -v g="$after" -v b="$booked" -v n=$((connections * depth)) \
        'BEGIN { printf "flushes/s %d, bookings/s %d, ratio %.2f\n", (f + g) / 2, b, b / (n * (f + g) / 2) }'
    before=$after
done | tee "$work/rounds"
sed 's/.*ratio //' "$work/rounds" | sort -n | awk '{ a[NR] = $1 } END { print "median ratio", a[int((NR + 1) / 2)] }'
