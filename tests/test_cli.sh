#!/usr/bin/env bash
# test_cli.sh - what a person types: help, flags and options that are wrong, and what they are told.
#
# A mistake on fastid's command line is found before its data directory is touched.
. tests/support/session.sh

says() { # says CODE PATTERN COMMAND...: exits with CODE and says it, on either stream
    local code=$1 pattern=$2
    shift 2
    exits "$code" "$*" "$@"
    expect "$*" "$pattern" "$work/out"
}

# ---- help and versions ----
cli=$bin/fasti
says 0 'availability .*Which starts are free' "$cli" help
says 0 'availability .*Which starts are free' "$cli" --help
says 0 'availability .*Which starts are free' "$cli" help --help
says 0 'availability .*Which starts are free' "$cli" help help
says 0 'Usage: fasti set opening' "$cli" help set opening
says 0 'Usage: fasti status' "$cli" help status
says 0 'What is not said stays as it is' "$cli" help set schedule
says 0 'set opening' "$cli" help set
says 0 'set opening' "$cli" set --help
says 2 'there is no command "nonsense"' "$cli" help nonsense
says 2 'there is no command "nonsense"' "$cli" nonsense --help
says 2 'Usage: fasti' "$cli"
commands=0
while read -r line; do # every command of the list, those without options of their own too
    command=${line%%  *}
    # shellcheck disable=SC2086  # one or two words
    says 0 'Usage: fasti' "$cli" ${command// [A-Z]*/} --help
    commands=$((commands + 1))
done < <("$cli" help | grep '^  ')
[ "$commands" -gt 25 ] || fail "only $commands commands are listed"
says 0 'request-id=UUID' "$cli" book --help
for program in fastid fasti-log fasti-bench 'fasti-bench load' 'fasti-bench engine' 'fasti-bench generate'; do
    # shellcheck disable=SC2086  # a program and its command
    says 0 '[Uu]sage: fast' "$bin"/$program --help
    # shellcheck disable=SC2086
    says 2 '--nonsense' "$bin"/$program --nonsense
done
for program in fasti fastid fasti-log fasti-bench; do
    says 0 "^$program [0-9]" "$bin/$program" --version
done
says 2 'fasti-bench COMMAND' "$bin/fasti-bench"
says 2 'which directory' "$bin/fasti-log"
says 2 'no "nonsense"' "$bin/fasti-log" nonsense "$work"
says 3 'No such file' "$bin/fasti-log" verify "$work/nothing"

# ---- the client's options ----
says 2 'a port from 1 to 65535' "$cli" --server 127.0.0.1:65536 status
says 2 'a port from 1 to 65535' "$cli" --server 127.0.0.1:0 status
says 2 'not a number' "$cli" create location --id a --zone UTC --latitude nan --longitude 0
says 2 'not a number' "$cli" create location --id a --zone UTC --latitude 0 --longitude inf

# ---- the server's flags: whatever is wrong, there is no data directory then ----
refuses() { # refuses CODE PATTERN FLAG...
    local code=$1 pattern=$2
    shift 2
    says "$code" "$pattern" timeout 20 "$bin/fastid" --data "$work/none" "$@"
    [ ! -e "$work/none" ] || fail "fastid $*: the data directory was made"
}
echo 'a file' >"$work/file"
refuses 2 'is not HOST:PORT' --listen nope
refuses 2 'is not HOST:PORT' --listen 127.0.0.1:65536
refuses 2 'reachable from other machines' --listen 0.0.0.0:1
refuses 2 'must be a --unix PATH' --listen none
refuses 1 'something else than a socket' --listen none --unix "$work/file"
refuses 1 'No such file' --listen none --unix "$work/nothing/s"
refuses 2 'longer than' --listen none --unix "$work/$(printf '%0200d' 0)"
refuses 2 'not a multiple of 4096' --log-segment-bytes 600001
refuses 2 'not a size' --memory 1
refuses 2 'not 1 to 64' --workers 0
FASTI_KERNEL=abacus refuses 2 'no such kernel' --listen none --unix "$work/s"
refuses 2 'not an instant' --now yesterday
refuses 2 'is not a directory' --zoneinfo "$work/file"
refuses 2 'options only' nonsense

start
port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\) .*/\1/p' "$work/log")
refuses 1 'Address already in use' --listen "127.0.0.1:$port"
refuses 1 'another process listens' --listen none --unix "$work/s"
fasti status >/dev/null || fail 'the socket of the server that runs is gone'
# Too few files: whatever is missing first, the sentence is not about the kernel's version.
: >"$work/few.all"
for files in 12 18 24 30 36 42 46 50 54; do
    (ulimit -n "$files" && exec timeout 20 "$bin/fastid" --data "$work/few" --listen none \
        --unix "$work/few.s" --workers 8) >"$work/out" 2>&1 &&
        fail "8 workers in $files files"
    grep -q 'Linux 6.0' "$work/out" && fail "$files files" "$work/out"
    expect "$files files" 'file' "$work/out"
    cat "$work/out" >>"$work/few.all"
done
expect "rings of the workers' loops" 'raise ulimit -n, or take fewer --workers' "$work/few.all"

# ---- texts ----
export FASTI_ORGANIZATION=clinic
c1=$(printf 'p\302\205') # U+0085
fasti create organization --id clinic >/dev/null
fasti create location --id here --zone UTC >/dev/null
for service in a b visit; do fasti create service --id "$service" --minutes 30 >/dev/null; done
fasti create schedule --id anna --location here --service a --service b --service visit >/dev/null
says 2 'without control characters' fasti create practitioner --id "$c1"
says 2 'without control characters' fasti create practitioner --id p --name "$c1"
says 2 'without control characters' fasti list appointments --patient "$c1"
for patient in "$c1" "$(printf 'p\001')"; do
    says 2 'without control characters' fasti book --schedule anna --service visit \
        --start 2023-03-24T09:00 --patient "$patient"
done

# ---- an opening goes by its id alone ----
says 0 'UNCHANGED' fasti --json set opening --schedule anna --id unknown --remove
fasti set opening --schedule anna --id day --from 09:00 --to 17:00 --service visit >/dev/null
says 0 '"CHANGED".*"remove":true' fasti --json set opening --schedule anna --id day --remove
says 0 'UNCHANGED' fasti --json set opening --schedule anna --id day --remove

# ---- the end of time ----
fasti set opening --schedule anna --id day --from 09:00 --to 17:00 >/dev/null
says 0 '"reason":"FREE","total":48,' fasti --json availability --schedule anna --service visit \
    --from 2199-12-29 --days 7
[ "$(grep -o '"reason":"OUTSIDE"' "$work/out" | wc -l)" = 4 ] || fail 'four days of 2200' "$work/out"

# ---- several services and places ----
fasti create location --id there --zone UTC >/dev/null
fasti create location --id empty --zone UTC >/dev/null
fasti create schedule --id bert --location there --service a >/dev/null
fasti set opening --schedule bert --id day --from 09:00 --to 10:00 >/dev/null
says 0 '"service":"a","services":\["a","b"\].*"total":68,.*"schedule":"anna","service":"a".*"schedule":"anna","service":"b".*"schedule":"bert","service":"a"' \
    fasti --json availability --service a --service b --from 2023-03-27 --days 2
says 0 '^schedule bert, service a: 2 starts' fasti availability --service a --service b --location there --from 2023-03-27 --days 1
! grep -q 'anna' "$work/out" || fail 'anna is not there' "$work/out"
says 0 '"schedule":"anna","service":"a","reason":"ELSEWHERE"' \
    fasti --json availability --service a --schedule anna --schedule bert --location there --from 2023-03-27 --days 1
says 2 'no schedule at such a location offers any of the services, such as "a"' \
    fasti availability --service a --service b --location empty --location empty
says 2 'no schedule at such a location offers the service "b"' fasti availability --service b --location there --days 1
says 2 '--service: "b" is said twice' fasti availability --service b --service b
many=()
for i in $(seq 16); do fasti create service --id "many$i" --minutes 30 >/dev/null; many+=(--service "many$i"); done
many+=(--service a)
says 2 '--service: at most 16 of them' fasti availability "${many[@]}"
stop
echo "passed: help of $commands commands, flags, texts"
