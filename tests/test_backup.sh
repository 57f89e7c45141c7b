#!/usr/bin/env bash
# test_backup.sh - snapshots, backups while bookings go on, and what is restored from them.
#
# Monday 2026-03-02, 13:00 in Berlin. Exits 77 (skipped) where io_uring is denied.
. tests/support/session.sh

small() { serve --listen 127.0.0.1:0 --now 2026-03-02T12:00:00Z --log-segment-bytes 512K "$@"; }
small --snapshot-log-bytes 512K
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":15}'
    for schedule in $(seq 40); do
        echo '{"kind":"schedule","id":"s'"$schedule"'","location":"here","service":"visit"}'
        echo '{"kind":"opening","schedule":"s'"$schedule"'","id":"day","from":"08:00","to":"18:00"}'
    done
} >"$work/lines"
exits 0 import fasti import ndjson "$work/lines"
exits 0 'a snapshot' fasti checkpoint
has 'a snapshot' 'snapshot 1 is written'
exits 0 'as JSON' fasti --json checkpoint
has 'as JSON' '"snapshot":2' '"snapshots_failed":0'

# Bookings go on, snapshots are written, the log is trimmed: a backup in the middle is whole.
"$bin/fasti-bench" load --server "unix:$work/s" --organization clinic --mix book --connections 4 --depth 8 --seconds 4 \
    >"$work/load" 2>&1 &
load=$!
sleep 1
exits 0 'a hot backup' fasti backup "$work/hot" --from "$work/data"
has 'a hot backup' 'the same by replay'
exits 0 'as JSON' fasti --json backup "$work/hot2" --from "$work/data"
has 'as JSON' '"status":"OK"' '"digest":"'
wait "$load" || fail 'the load' "$work/load"
exits 0 'a newer one over it' fasti backup "$work/hot" --from "$work/data"
exits 0 'sound' "$bin/fasti-log" verify "$work/hot"
live=$(digest)
has_digest() { [ "$(fasti --json status | sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/')" = "$1" ] || fail "$2: another digest"; }
exits 0 'all of it, now' fasti --json backup "$work/cold" --from "$work/data"
has 'all of it, now' "\"digest\":\"$live\""
[ "$(fasti --json status | sed 's/.*"snapshot":\([0-9]*\).*/\1/')" -gt 3 ] || fail 'no snapshot was written by itself'
[ ! -e "$work/data/log-0000000000000001" ] || fail 'the log was never trimmed'

# Broken off: half of a file is gone; the rest is not written again.
last=$(find "$work/cold" -name 'log-*' | sort | tail -n 1)
truncate -s 256K "$last"
exits 0 'finished' fasti --json backup "$work/cold" --from "$work/data"
has 'finished' "\"digest\":\"$live\""
bytes() { sed "s/.*\"$1\":\([0-9]*\).*/\1/" "$work/out"; }
[ "$(bytes bytes_written)" -lt "$(bytes bytes)" ] || fail 'all of it was written again' "$work/out"

# What must not be overwritten, and what is not there.
exits 2 'a directory in use' fasti restore "$work/cold" --to "$work/hot2"
has 'a directory in use' 'empty or not there'
exits 2 'no such backup' fasti restore "$work/none" --to "$work/new"
has 'no such backup' 'No such file'
[ ! -e "$work/new" ] || fail 'it was made all the same'
exits 3 'the server has it' fasti restore "$work/cold" --to "$work/data"
mkdir "$work/empty"
exits 2 'nothing to back up' fasti backup "$work/nothing" --from "$work/empty"
has 'nothing to back up' 'no log there'
kill_server

# The restored server is the one that was backed up.
exits 0 'restore' fasti restore "$work/cold" --to "$work/new"
has 'restore' "digest $live, the same by replay"
rm -rf "$work/data"
mv "$work/new" "$work/data"
small
expect 'the start' 'loaded: snapshot' "$work/log"
has_digest "$live" 'restored'
fasti book --schedule s1 --service visit --start 2026-05-04T08:00 --patient p-1 >"$work/out" || fail 'book' "$work/out"
exits 0 'another snapshot' fasti checkpoint
booked=$(digest)
stop

# Damage in the newest snapshot: the older one is loaded, and a line says so; of a backup: refused.
newest=$(find "$work/data" -name 'snapshot-*' | sort | tail -n 1)
printf 'X' | dd of="$newest" bs=1 seek=5000 conv=notrunc status=none
exits 1 'verify' "$bin/fasti-log" verify "$work/data"
has 'verify' 'a section is damaged'
exits 0 'a backup of what is sound' fasti backup "$work/older" --from "$work/data"
has 'a backup of what is sound' "digest $booked"
small
expect 'the start' 'WARNING: the newest snapshot could not be used' "$work/log"
has_digest "$booked" 'the older one'
kill_server
newest=$(find "$work/cold" -name 'snapshot-*' | sort | tail -n 1)
printf 'X' | dd of="$newest" bs=1 seek=5000 conv=notrunc status=none
exits 3 'a damaged backup' fasti restore "$work/cold" --to "$work/other"
has 'a damaged backup' 'damaged'
echo 'passed: snapshots, hot backups, what is restored'
