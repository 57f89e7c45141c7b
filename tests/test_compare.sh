#!/usr/bin/env bash
# test_compare.sh - fasti-bench compare: equal answers, figures of each operation, and nothing that is left.
#
# Fasti alone always; beside each peer whose program and client library are here, else it says so.
. tests/support/session.sh
dir=$work/dir
mkdir "$dir"
chmod 711 "$work" # so that the user without rights, whom peers run as under root, reaches it

compare() { timeout 100 "$bin/fasti-bench" compare --quick --schedules 50 --run-ms 20 --rounds 1 --dir "$dir" "$@"; }
begun() { # it measures by now, however slow the machine is
    for _ in $(seq 3000); do
        ! grep -q 'round 1' "$work/out" || return 0
        sleep 0.1
    done
    fail 'it never begins to measure' "$work/out"
}
clean() { # clean WHAT: neither files nor processes
    [ -z "$(ls "$dir")" ] || fail "$1: $(ls "$dir") is left"
    echo "$dir/fasti-compare." >"$work/pattern" # in a file: grep's own command line has it not
    ! grep -lsaF -f "$work/pattern" /proc/[0-9]*/cmdline >"$work/left" || fail "$1: processes are left" "$work/left"
}
value() { # value OP DEPTH UNIT: Fasti's
    sed -n "s|.*\"op\":\"$1\",.*\"depth\":$2,\"fasti\":\([0-9.]*\),.*\"unit\":\"$3\".*|\1|p" "$work/json" | head -n 1
}

# ---- what is wrong ----
exits 2 'peers' compare --peers mysql
has 'peers' '--peers takes postgres, redis, both with a comma, or none, not "mysql"'
exits 2 'operations' compare --ops q1,q9
has 'operations' '--ops takes some of q1,q2,q3,b,c,rush, not "q1,q9"'
exits 2 'schedules' compare --schedules 9
has 'schedules' '--schedules takes a number from 10 to 100000, not "9"'
exits 1 'no folder' compare --peers none --dir "$work/none"
has 'no folder' 'No such file'
clean 'nothing was started'

# ---- Fasti alone ----
rc=0
compare --peers none --check 200 --json >"$work/json" 2>"$work/out" || rc=$?
! grep -q 'io_uring' "$work/out" || { echo 'skipped: io_uring is denied'; exit 77; }
[ $rc = 0 ] || fail "Fasti alone exits $rc" "$work/out"
has 'Fasti alone' 'fasti: 200 answers each of Q1, Q2 and Q3 are right, 200 bookings and cancels too'
[ "$(wc -l <"$work/json")" = 28 ] || fail 'lines of Fasti alone' "$work/json"
for op in q1 q2 q3 b c rush; do
    for depth in 1 16; do
        [ "$(value $op $depth ops/s)" -gt 0 ] || fail "$op at depth $depth answered nothing" "$work/json"
    done
done
expect 'no peer' '"peer":null,"peer_name":null,"ratio":null' "$work/json"
[ "$(value rush 16 winners)" = 100 ] || fail 'winners of a rush' "$work/json"
clean 'Fasti alone'
exits 0 'a seed, a table' compare --peers none --seed 7 --ops b
has 'a table' 'ops/s ratio' 'b       64 x 16   fasti'
hasnt 'other operations' 'q1 '

# ---- Ctrl-C ----
"$bin/fasti-bench" compare --peers none --schedules 50 --ops q1 --rounds 25 --dir "$dir" >"$work/out" 2>&1 &
stopped=$!
begun
kill -INT $stopped
rc=0
wait $stopped || rc=$?
[ $rc = 3 ] || fail "Ctrl-C exits $rc" "$work/out"
has 'Ctrl-C' 'fasti-bench: stopped; nothing is left'
clean 'Ctrl-C'

# ---- peers ----
without() { PATH=/nowhere "$bin/fasti-bench" compare --peers redis --dir "$dir"; }
exits 3 'a program that is missing' without
expect 'a program that is missing' "install Debian's package redis-server\|tools/setup bench installs" "$work/out"
clean 'a program that is missing'

peers=
for some in postgres,redis postgres redis; do
    rc=0
    compare --peers $some --ops q1,q2,q3,c,rush --check 200 --json >"$work/json" 2>"$work/out" || rc=$?
    clean "$some"
    if grep -q -e 'there is no ' -e 'built without ' "$work/out"; then
        [ $rc = 3 ] || fail "without $some: exits $rc" "$work/out"
        echo "skipped $some: $(head -n 1 "$work/out")"
    else
        [ $rc = 0 ] || fail "compare with $some exits $rc" "$work/out"
        peers=$some
        break
    fi
done
[ -n "$peers" ] || { echo 'passed: Fasti alone'; exit 0; }
for peer in ${peers//,/ }; do
    has "$peer" "$peer: 200 answers each of Q1, Q2 and Q3 are right"
    grep "\"peer_name\":\"$peer\"" "$work/json" >"$work/lines"
    [ "$(wc -l <"$work/lines")" = 22 ] || fail "lines of $peer" "$work/lines"
    ! grep -q '"peer":0,' "$work/lines" || fail "$peer answered nothing" "$work/lines"
    [ "$(grep -c '"op":"rush".*"fasti":100,"peer":100,.*"ratio":1.00,"unit":"winners"' "$work/lines")" = 2 ] ||
        fail "winners of $peer" "$work/lines"
done

# A server that dies is told of, and the others end.
"$bin/fasti-bench" compare --peers "${peers##*,}" --schedules 50 --ops q1 --rounds 25 --check 0 --dir "$dir" >"$work/out" 2>&1 &
broken=$!
begun
killed=0
for line in $(grep -lsaF "$dir/fasti-compare." /proc/[0-9]*/cmdline); do # only its servers have this folder's name
    program=$(tr '\0' '\n' 2>"$work/gone" <"$line" | head -n 1) || continue
    [ "${program##*/}" = fastid ] || continue
    kill -KILL "$(basename "${line%/cmdline}")"
    killed=$((killed + 1))
done
[ $killed = 1 ] || { kill -INT $broken; wait $broken || true; fail "$killed servers were killed, not one"; }
rc=0
wait $broken || rc=$?
[ $rc = 3 ] || fail "a dead server exits $rc" "$work/out"
has 'a dead server' 'fasti-bench: fasti: '
clean 'a dead server'
echo "passed: Fasti beside $peers"
