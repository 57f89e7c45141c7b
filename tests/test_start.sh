#!/usr/bin/env bash
# test_start.sh - starts that are stopped, late, bounded or incomplete, and what is said of them.
. tests/support/session.sh

silent() { ! grep -q 'warning' "$work/log" || fail "$1" "$work/log"; }

# ---- the log's time ----
serve --listen none --now 2150-01-01T00:00:00Z
fasti create organization --id clinic >/dev/null
stop
serve --listen none
expect 'the log is ahead' 'warning: .* 2150-01-01T00:00:0.* days .* ahead' "$work/log"
stop
serve --listen none --now 2151-01-01T00:00:00Z
silent 'the clock is ahead of the log'
fasti create organization --id other >/dev/null
stop

# ---- SIGTERM while it recovers: pending before it starts, so that it comes in time ----
sha256sum "$work"/data/* >"$work/before"
# shellcheck disable=SC2016  # perl's own variables
perl -MPOSIX -e 'sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM)); kill TERM => $$; exec @ARGV' \
    "$bin/fastid" --data "$work/data" --listen none --unix "$work/s" 2>"$work/log" ||
    fail "SIGTERM while recovering: exits $?" "$work/log"
expect 'SIGTERM while recovering' 'stop: while recovering; nothing was changed' "$work/log"
! grep -q 'ready' "$work/log" || fail 'it was ready all the same' "$work/log"
sha256sum "$work"/data/* >"$work/after"
cmp -s "$work/before" "$work/after" || fail 'the data was changed'
[ ! -e "$work/s" ] || fail 'a socket is left'

# ---- a bound on files' sizes is a failed write, not a signal ----
export FASTI_ORGANIZATION=clinic
rc=0
(ulimit -f 100 && exec timeout 20 "$bin/fastid" --data "$work/small" --listen none \
    --unix "$work/s") >"$work/out" 2>&1 || rc=$?
[ "$rc" = 1 ] || fail "ulimit -f 100: exits $rc" "$work/out"
expect 'a small file' 'cannot open the data directory: .*IO_WRITE' "$work/out"

serve --listen none
prlimit --pid "$pid" --fsize=4096
exits 3 'a write beyond the bound' fasti create organization --id late
expect 'a write beyond the bound' 'not known\|broke' "$work/out"
rc=0
wait "$pid" || rc=$?
pid=
[ "$rc" = 1 ] || fail "a write beyond the bound: fastid exits $rc" "$work/log"
expect 'a write beyond the bound' 'fault: the log could not be written' "$work/log"

# ---- files that are gone: after a kill nothing else can tell ----
rm -r "$work/data"
serve --listen none --log-segment-bytes 512K
for id in $(seq 150); do
    printf '{"kind":"practitioner","id":"p-%s","name":"%0100d"}\n' "$id" 0
done >"$work/lines"
fasti create organization --id clinic >/dev/null
for id in $(seq 200); do # until three segments were begun: two prepared ones are kept ahead
    [ "$(ls "$work"/data/log-* | wc -l)" -lt 5 ] || break
    sed "s/p-/$id-/" "$work/lines" >"$work/more"
    fasti import ndjson "$work/more" >/dev/null 2>&1
done
kill_server
serve --listen none
silent 'nothing is gone'
kill_server
mapfile -t files < <(ls "$work"/data/log-*)
[ "${#files[@]}" -ge 5 ] || fail "only ${#files[@]} files"
rm "${files[@]:2}" # and the prepared ones behind them
serve --listen none
expect 'files are gone' 'warning: no prepared file follows' "$work/log"
stop
serve --listen none
silent 'told once'
stop

# ---- a header that is damaged: its copy is read ----
printf '\377' | dd of="${files[0]}" bs=1 seek=40 conv=notrunc status=none
exits 0 'a damaged header' "$bin/fasti-log" verify "$work/data"
expect 'a damaged header' '^1 damaged headers' "$work/out"
exits 0 'a damaged header' "$bin/fasti-log" --json verify "$work/data"
expect 'a damaged header' '"mended":1,' "$work/out"
serve --listen none
expect 'a damaged header' 'warning: 1 damaged headers' "$work/log"
stop
echo 'passed: time ahead, SIGTERM while recovering, ulimit -f, files that are gone, a mended header'
