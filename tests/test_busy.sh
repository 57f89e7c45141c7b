#!/usr/bin/env bash
# test_busy.sh - busy times of a source as blocks: imported, imported again, beside others, over
# appointments, and with a server that goes away.
#
# Monday 2026-03-02, 13:00 in Berlin. Exits 77 (skipped) where io_uring is denied.
. tests/support/session.sh

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    for schedule in anna ben; do
        echo '{"kind":"schedule","id":"'$schedule'","location":"here","service":"visit"}'
        echo '{"kind":"opening","schedule":"'$schedule'","id":"day","from":"08:00","to":"18:00"}'
    done
} >"$work/lines"
exits 0 "import" fasti import ndjson "$work/lines"

busy() { # busy FILE OPTION...: into anna's schedule, from the source "feed"
    fasti import busy "$@" --schedule anna --source feed
}
blocks() { # blocks SOURCE: start and end of each block of anna's, in order
    fasti --json list appointments --schedule anna --source "$1" --limit 10000 |
        { grep -o '"start":"[^"]*","end":"[^"]*"' || true; } |
        sed 's/"start":"\(.*\):00+.*"end":"\(.*\):00+.*"/\1 \2/' | sort
}
same() { # same WHAT: standard input is what blocks of the feed are
    blocks feed >"$work/blocks"
    diff - "$work/blocks" >"$work/out" || fail "$1" "$work/out"
}

# ---- what a line may be: nothing is done unless all of them are right ----
line() { # line WHAT LINE TEXT: a file whose third line is broken
    printf '%s\n' '{"start":"2026-03-03T09:00","end":"2026-03-03T10:00"}' '' "$2" >"$work/broken"
    exits 2 "$1" busy "$work/broken"
    has "$1" "broken:3: " "$3" 'nothing was sent'
}
line 'no JSON' '{"start":' 'not JSON'
line 'no object' '[]' 'not a JSON object'
line 'no end' '{"start":"2026-03-03T09:00"}' '"end" is missing'
line 'no text' '{"start":"2026-03-03T09:00","end":5}' '"end" must be a text'
line 'another field' '{"start":"2026-03-03T09:00","end":"2026-03-03T10:00","uid":"x"}' 'no field "uid"'
line 'no time' '{"start":"2026-03-03T09:00","end":"noon"}' '"noon"'
line 'not in the years' '{"start":"2026-03-03T09:00","end":"2226-03-03T09:00"}' '2000 to 2199'
line 'skipped' '{"start":"2026-03-29T02:30","end":"2026-03-29T04:00"}' 'clocks skip 02:30'
line 'backwards' '{"start":"2026-03-03T09:00","end":"2026-03-03T09:00"}' 'does not lie after'
line 'too long' '{"start":"2026-03-03","end":"2036-05-03"}' 'at most 3,660 days'
exits 2 'no file' busy "$work/nothing"
exits 2 'no schedule' fasti import busy "$work/broken" --schedule nobody --source feed
exits 2 'no source' fasti import busy "$work/broken" --schedule anna --source ''
same 'nothing was sent' </dev/null

# ---- a first import: ticks, what overlaps, what adjoins, what is past, several weeks ----
cat >"$work/busy" <<'END'
{"start":"2026-03-03T09:02","end":"2026-03-03T10:00","key":"a"}
{"start":"2026-03-03T09:30","end":"2026-03-03T10:30","key":"b"}
{"start":"2026-03-03T10:30","end":"2026-03-03T10:51","key":"c"}
{"start":"2026-03-04T10:00Z","end":"2026-03-04T11:00Z"}
{"start":"2026-03-02T08:00","end":"2026-03-02T09:00","key":"past"}
{"start":"2026-03-02T12:00","end":"2026-03-02T15:00","key":"running"}
{"start":"2026-03-10","end":"2026-03-12","key":"two days"}
END
exits 0 'dry run' busy "$work/busy" --dry-run
has 'dry run' 'would be done: 4 blocks added, 0 moved, 0 removed, 0 kept' '1 of 7 busy times are over'
same 'a dry run does nothing' </dev/null
exits 0 'first' fasti --json import busy "$work/busy" --schedule anna --source feed
has 'first' '"outcome":"PUBLISHED"' '"lines":7' '"past":1' '"spans":4' '"added":4' '"moved":0' \
    '"removed":0' '"kept":0' '"conflict_count":0' '"conflicts":[]'
same 'first' <<'END'
2026-03-02T13:00 2026-03-02T15:00
2026-03-03T09:00 2026-03-03T10:55
2026-03-04T11:00 2026-03-04T12:00
2026-03-10T00:00 2026-03-11T00:00
2026-03-11T00:00 2026-03-12T00:00
END
exits 1 'it is blocked' fasti book --schedule anna --service visit --start 2026-03-03T10:40 --patient p-0
before=$(digest)
exits 0 'again' fasti --json import busy "$work/busy" --schedule anna --source feed
has 'again' '"outcome":"UNCHANGED"' '"added":0' '"moved":0' '"removed":0' '"kept":4'
[ "$(digest)" = "$before" ] || fail 'an import again changes the state'
tac "$work/busy" >"$work/turned"
exits 0 'in another order' busy "$work/turned"
has 'in another order' 'nothing changed: all 4 blocks were there'

# ---- others: by hand, another source, another schedule ----
fasti block --schedule anna --start 2026-03-05T09:00 --end 2026-03-05T10:00 >/dev/null
fasti block --schedule anna --start 2026-03-05T10:00 --end 2026-03-05T11:00 --source other >/dev/null
fasti import busy "$work/busy" --schedule ben --source feed >/dev/null

# ---- one is moved, one gone, one new, one longer and one shorter ----
cat >"$work/busy" <<'END'
{"start":"2026-03-03T09:30","end":"2026-03-03T11:00","key":"a"}
{"start":"2026-03-02T12:00","end":"2026-03-02T14:00","key":"running"}
{"start":"2026-03-10","end":"2026-03-14","key":"two days"}
{"start":"2026-03-06T09:00","end":"2026-03-06T10:00","key":"new"}
{"start":"2026-03-05T08:00","end":"2026-03-05T12:00","key":"around others"}
END
exits 0 'changed' busy "$work/busy"
has 'changed' 'done: 4 blocks added, 2 moved, 1 removed, 1 kept'
cat >"$work/expected" <<'END'
2026-03-02T13:00 2026-03-02T14:00
2026-03-03T09:30 2026-03-03T11:00
2026-03-05T08:00 2026-03-05T09:00
2026-03-05T11:00 2026-03-05T12:00
2026-03-06T09:00 2026-03-06T10:00
2026-03-10T00:00 2026-03-11T00:00
2026-03-11T00:00 2026-03-12T00:00
2026-03-12T00:00 2026-03-13T00:00
2026-03-13T00:00 2026-03-14T00:00
END
same 'changed' <"$work/expected"
exits 0 'changed, again' busy "$work/busy"
has 'changed, again' 'nothing changed'
[ "$(blocks other)" = '2026-03-05T10:00 2026-03-05T11:00' ] || fail 'another source was touched'
fasti --json list appointments --schedule anna --blocks --from 2026-03-05 --to 2026-03-06 >"$work/out"
has 'by hand' '"start":"2026-03-05T09:00:00+01:00"' '"source":null'
exits 0 'another schedule' fasti list appointments --schedule ben --source feed
has 'another schedule' 'Wed 2026-03-04 11:00'

# ---- over appointments: they stay, the time around them is blocked, and they are told of ----
fasti set service --id visit --buffer-after 5 >/dev/null
fasti book --schedule anna --service visit --start 2026-03-17T09:00 --patient p-1 >/dev/null
fasti book --schedule anna --service visit --start 2026-03-18T17:00 --patient p-2 >/dev/null
cat >>"$work/busy" <<'END'
{"start":"2026-03-17","end":"2026-03-18T17:10","key":"ill"}
END
exits 0 'over appointments' busy "$work/busy"
has 'over appointments' 'appointments at busy times: 2 (kept; move or cancel them)' \
    'schedule anna  2026-03-17T09:00' 'schedule anna  2026-03-18T17:00' '2 blocks added'
cat >>"$work/expected" <<'END'
2026-03-17T00:00 2026-03-17T09:00
2026-03-17T09:25 2026-03-18T00:00
2026-03-18T00:00 2026-03-18T17:00
END
same 'over appointments' <"$work/expected"
exits 0 'over appointments, again' fasti --json import busy "$work/busy" --schedule anna --source feed
has 'over appointments, again' '"UNCHANGED"' '"conflict_count":2' '"patient":"p-1"' '"patient":"p-2"'
record=$(fasti --json list appointments --patient p-1 | sed 's/.*"record":\([0-9]*\),.*/\1/')
fasti cancel "$record" >/dev/null
exits 0 'one less' busy "$work/busy"
has 'one less' 'appointments at busy times: 1 ' 'done: 1 blocks added, 0 moved, 0 removed'

# ---- absences of months are blocks of 64 days; the past stays when all of it is gone ----
echo '{"start":"2026-04-01","end":"2026-10-01","key":"sabbatical"}' >"$work/long"
exits 0 'half a year' fasti --json import busy "$work/long" --schedule anna --source leave
has 'half a year' '"added":3'
[ "$(blocks leave | wc -l)" = 183 ] || fail 'not every day of half a year'
exits 0 'half a year, again' fasti --json import busy "$work/long" --schedule anna --source leave
has 'half a year, again' '"UNCHANGED"' '"kept":3'
fasti block --schedule anna --start 2026-02-27T09:00 --end 2026-02-27T10:00 --source leave >/dev/null
exits 0 'nothing is busy' fasti --json import busy /dev/null --schedule anna --source leave
has 'nothing is busy' '"removed":3'
[ "$(blocks leave)" = '2026-02-27T09:00 2026-02-27T10:00' ] || fail 'the past was touched'

# ---- the server goes away midway: what was done stays, and the next run finishes it ----
seq 0 2 7998 | sed 's/.*/2026-04-01T00:00:00Z + & hours/' |
    date -u -f - '+{"start":"%FT%H:00Z","end":"%FT%H:30Z","key":"%FT%H"}' >"$work/many"
records() { fasti --json status | sed 's/.*"records":\([0-9]*\),.*/\1/'; }
first=$(records)
"$bin/fasti" --server "unix:$work/s" import busy "$work/many" --schedule anna --source feed >"$work/cut" 2>&1 &
import=$!
until kill -STOP $import && [ "$(records)" -gt $((first + 200)) ]; do # it stands still while it is counted
    kill -CONT $import
    sleep 0.02
done
kill_server
kill -CONT $import
code=0
wait $import || code=$?
[ $code = 3 ] || fail "an import that was cut exits $code" "$work/cut"
expect 'an import that was cut' 'before that [1-9][0-9]* blocks were added' "$work/cut"
expect 'an import that was cut' 'run it again, and it goes on from there' "$work/cut"
serve_march
# Others book at busy times meanwhile, from the last one back: some of them come before the import.
for day in $(seq 28 -1 1); do
    fasti book --schedule anna --service visit --start "2026-09-$(printf %02d "$day")T12:00Z" --patient p-9 || true
done >"$work/booked" 2>&1 &
others=$!
exits 0 'the rest' fasti --json import busy "$work/many" --schedule anna --source feed
has 'the rest' '"outcome":"PUBLISHED"' '"spans":4000'
hasnt 'the rest' '"kept":0'
wait $others
booked=$(grep -c '^booked: record' "$work/booked" || true)
exits 0 'all of it' fasti --json import busy "$work/many" --schedule anna --source feed
has 'all of it' '"UNCHANGED"' "\"conflict_count\":$booked,"
# 20 minutes and 5 of buffer of 30: what is left behind a visit is a block of its own.
[ "$(blocks feed | wc -l)" = 4000 ] || fail 'blocks are lost'
stop
echo "passed: busy times as blocks, beside others, over appointments, after a crash; $booked visits booked meanwhile"
