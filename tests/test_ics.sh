#!/usr/bin/env bash
# test_ics.sh - iCalendar files as blocks and openings: imported, imported again, shared out by UID,
# beside other blocks, over appointments, and refused.
#
# Monday 2026-03-02, 13:00 in Berlin; clocks change on 2026-03-29. Exits 77 (skipped) where io_uring
# is denied. The last part reads $FASTI_SHARED/fixtures/ics, and is left out, saying so, without it.
. tests/support/session.sh
recorded=${FASTI_SHARED:-../shared}/fixtures/ics

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"location","id":"far","zone":"America/New_York"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    for schedule in anna:here ben:here cleo:far dora:here; do
        echo '{"kind":"schedule","id":"'${schedule%:*}'","location":"'${schedule#*:}'","service":"visit"}'
        [ $schedule = dora:here ] ||
            echo '{"kind":"opening","schedule":"'${schedule%:*}'","id":"day","from":"08:00","to":"18:00"}'
    done
} >"$work/lines"
exits 0 'lines' fasti import ndjson "$work/lines"

calendar() { # calendar: standard input is what is in it
    printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//fasti//test//EN\r\n'
    sed 's/$/\r/'
    printf 'END:VCALENDAR\r\n'
}
event() { # event UID LINE...
    printf 'BEGIN:VEVENT\nUID:%s\nDTSTAMP:20260301T120000Z\n' "$1"
    shift
    printf '%s\n' "$@" END:VEVENT
}
ics() { fasti import ics "$@"; }
blocks() { # blocks SCHEDULE SOURCE: start and end of each block, in order, both as clocks go at the start
    fasti --json list appointments --schedule "$1" --source "$2" --limit 10000 |
        { grep -o '"start":"[^"]*","end":"[^"]*"' || true; } |
        sed 's/"start":"\(.*\):00[+-].*"end":"\(.*\):00[+-].*"/\1 \2/' | sort
}
same() { # same WHAT SCHEDULE SOURCE: standard input is what its blocks are
    blocks "$2" "$3" >"$work/blocks"
    diff - "$work/blocks" >"$work/out" || fail "$1" "$work/out"
}

meeting() { # meeting: Tuesdays at nine, not on the 17th, the 24th moved behind the change of clocks
    event meeting@test 'DTSTART;TZID=Europe/Berlin:20260303T090000' 'DTEND;TZID=Europe/Berlin:20260303T100000' \
        'RRULE:FREQ=WEEKLY;COUNT=6' 'EXDATE;TZID=Europe/Berlin:20260317T090000'
    event meeting@test 'RECURRENCE-ID;TZID=Europe/Berlin:20260324T090000' \
        'DTSTART;TZID=Europe/Berlin:20260401T103000' 'DURATION:PT1H'
}
night() { # night: two Sundays from one o'clock for three hours; the second is that of the change
    event night@test 'DTSTART;TZID=Europe/Berlin:20260322T010000' 'DTEND;TZID=Europe/Berlin:20260322T040000' \
        'RRULE:FREQ=WEEKLY;COUNT=2'
}
rest() {
    event away@test 'DTSTART;VALUE=DATE:20260413' 'DTEND;VALUE=DATE:20260420' 'SUMMARY:A week off'
    event off@test 'DTSTART:20260305T080000Z' 'DTEND:20260305T090000Z' 'STATUS:CANCELLED'
    event seen@test 'DTSTART:20260306T080000Z' 'DTEND:20260306T090000Z' 'TRANSP:TRANSPARENT'
}
windows() {
    event windows@test 'DTSTART;TZID=W. Europe Standard Time:20260312T150000' \
        'DTEND;TZID=W. Europe Standard Time:20260312T160000'
}

# ---- a first import; times of others stay ----
fasti block --schedule anna --start 2026-03-20T09:00 --end 2026-03-20T10:00 >/dev/null
fasti block --schedule anna --start 2026-03-20T10:00 --end 2026-03-20T11:00 --source other >/dev/null
fasti block --schedule anna --start 2026-02-27T09:00 --end 2026-02-27T10:00 --source ics:team.ics >/dev/null
{ meeting; night; rest; windows; } | calendar >"$work/team.ics"
exits 0 'dry run' ics "$work/team.ics" --schedule anna --dry-run
has 'dry run' '9 blocks added' 'dry run: nothing was sent'
echo '2026-02-27T09:00 2026-02-27T10:00' | same 'a dry run does nothing' anna ics:team.ics
exits 0 'first' fasti --json import ics "$work/team.ics" --schedule anna
cat "$work/out" >"$work/first"
has 'first' '"outcome":"PUBLISHED"' '"source":"ics:team.ics"' '"events":7' '"instances":10' '"busy":9' \
    '"transparent":1' '"cancelled":1' '"skipped":0' '"zone":"Europe/Berlin"' '"removed":0' '"conflict_count":0'
cat >"$work/expected" <<'END'
2026-02-27T09:00 2026-02-27T10:00
2026-03-03T09:00 2026-03-03T10:00
2026-03-10T09:00 2026-03-10T10:00
2026-03-12T15:00 2026-03-12T16:00
2026-03-22T01:00 2026-03-22T04:00
2026-03-29T01:00 2026-03-29T04:00
2026-03-31T09:00 2026-03-31T10:00
2026-04-01T10:30 2026-04-01T11:30
2026-04-07T09:00 2026-04-07T10:00
END
for day in 13 14 15 16 17 18 19; do
    echo "2026-04-${day}T00:00 2026-04-$((day + 1))T00:00"
done >"$work/week"
cat "$work/expected" "$work/week" | same 'first' anna ics:team.ics
exits 1 'it is blocked' fasti book --schedule anna --service visit --start 2026-03-31T09:40 --patient p-0
fasti --json availability --service visit --schedule anna --from 2026-04-14 --days 1 >"$work/out"
has 'a day of the week off' '"reason":"FULL"'
before=$(digest)
exits 0 'again' ics "$work/team.ics" --schedule anna
has 'again' 'nothing changed' 'as /usr/share/zoneinfo has it'
[ "$(digest)" = "$before" ] || fail 'an import again changes the state'

# ---- one event gone, one moved; nothing else is touched ----
{
    meeting
    rest
    windows | sed 's/20260312T15/20260313T15/; s/20260312T16/20260313T16/'
} | calendar >"$work/team.ics"
exits 0 'changed' fasti --json import ics "$work/team.ics" --schedule anna
has 'changed' '"PUBLISHED"' '"removed":3' '"added":1' '"kept":6'
sed -i '/-22T/d; /-29T/d; s/-12T/-13T/g' "$work/expected"
cat "$work/expected" "$work/week" | same 'changed' anna ics:team.ics
echo '2026-03-20T10:00 2026-03-20T11:00' | same 'another source' anna other
fasti --json list appointments --schedule anna --blocks --from 2026-03-20 --to 2026-03-21 >"$work/out"
has 'by hand' '"start":"2026-03-20T09:00:00+01:00"' '"source":null'

# ---- what is broken is refused as a whole, all of it at once ----
{
    event good@test 'DTSTART:20260401T080000Z' 'DTEND:20260401T090000Z'
    event rule@test 'DTSTART:20260401T080000Z' 'DTEND:20260401T090000Z' 'RRULE:FREQ=HOURLY'
    event rules@test 'DTSTART:20260401T080000Z' 'DURATION:PT1H' 'RRULE:FREQ=WEEKLY;BYWEEKNO=3'
} | calendar >"$work/broken.ics"
before=$(digest)
exits 2 'broken' ics "$work/broken.ics" --schedule anna --source ics:team.ics
has 'broken' 'broken.ics:15: ' 'FREQ=HOURLY' 'broken.ics:22: ' 'BYWEEKNO' 'nothing was sent'
exits 2 'broken, as JSON' fasti --json import ics "$work/broken.ics" --schedule anna --source ics:team.ics
has 'broken, as JSON' '"status":"INVALID_FILE"' '"refusal_count":2' '"line":15' '"line":22'
event zone@test 'DTSTART;TZID=Middle-earth:20260401T080000' 'DURATION:PT1H' | calendar >"$work/broken.ics"
exits 2 'a zone' ics "$work/broken.ics" --schedule anna --source ics:team.ics
has 'a zone' 'broken.ics:7: ' 'Middle-earth' 'nothing was sent'
exits 2 'no file' ics "$work/nothing.ics" --schedule anna
has 'no file' 'nothing.ics: No such file' 'nothing was sent'
exits 2 'a folder' ics "$work" --schedule anna
exits 2 'no schedule' ics "$work/team.ics"
has 'no schedule' 'Say --schedule ID, --map FILE, or both'
exits 2 'not that schedule' ics "$work/team.ics" --schedule nobody
has 'not that schedule' 'nobody'
exits 2 'in the past' ics "$work/team.ics" --schedule anna --until 2026-03-01
has 'in the past' '--until must lie ahead'
exits 2 'no zones' ics "$work/team.ics" --schedule anna --zoneinfo "$work"
has 'no zones' 'Europe/Berlin' 'nothing was sent'
exits 2 'no source' ics "$work/team.ics" --schedule anna --source ''
cp "$work/team.ics" "$work/$(printf 'x%.0s' $(seq 70)).ics"
exits 2 'a long name' ics "$work"/xxx*.ics --schedule anna
has 'a long name' "--source: " "it is the file's name if not said"
[ "$(digest)" = "$before" ] || fail 'something that was refused changed the state'

# ---- how far ahead ----
event daily@test 'DTSTART:20260303T100000Z' 'DURATION:PT30M' 'RRULE:FREQ=DAILY' | calendar >"$work/daily.ics"
exits 0 'until' ics "$work/daily.ics" --schedule ben --until 2026-03-06
[ "$(blocks ben ics:daily.ics | wc -l)" = 3 ] || fail 'not three days'
exits 0 'ahead' fasti --json import ics "$work/daily.ics" --schedule ben
has 'ahead' '"added":397' '"kept":3'
exits 0 'less' fasti --json import ics "$work/daily.ics" --schedule ben --until 2026-03-05
has 'less' '"removed":398'

# ---- time that runs for ages, and before the years that can be booked ----
event ages@test 'DTSTART;VALUE=DATE:19900101' 'DTEND;VALUE=DATE:21900101' | calendar >"$work/ages.ics"
exits 0 'ages' fasti --json import ics "$work/ages.ics" --schedule dora
has 'ages' '"busy":1' '"added":56' # 3,520 days, 64 a block
exits 0 'ages, again' ics "$work/ages.ics" --schedule dora
has 'ages, again' 'nothing changed'
exits 0 'ages, gone' fasti --json import ics /dev/stdin --schedule dora --source ics:ages.ics < <(calendar </dev/null)
has 'ages, gone' '"removed":56'

# ---- shared out by UID; each schedule's place has its own days ----
{ meeting; night; rest; windows; } | calendar >"$work/all.ics"
map() { printf '{"uid":"%s","schedule":"%s"}\n' "$@"; }
map meeting@test ben away@test cleo night@test ben >"$work/map"
exits 2 'not mapped' ics "$work/all.ics" --map "$work/map"
has 'not mapped' 'all.ics:47: the map does not name the UID "windows@test"' 'nothing was sent'
exits 0 'skipped' fasti --json import ics "$work/all.ics" --map "$work/map" --skip-unmapped
has 'skipped' '"unmapped":1' '"busy":9' '"schedule":"ben"' '"zone":"America/New_York"'
[ "$(blocks ben ics:all.ics | wc -l)" = 7 ] || fail 'ben has other blocks'
same 'days of New York' cleo ics:all.ics <"$work/week"
exits 0 'the rest' fasti --json import ics "$work/all.ics" --map "$work/map" --schedule anna
has 'the rest' '"unmapped":0' '"added":1'
echo '2026-03-12T15:00 2026-03-12T16:00' | same 'the rest' anna ics:all.ics
exits 2 'both' ics "$work/all.ics" --map "$work/map" --schedule anna --skip-unmapped
map meeting@test ben meeting@test cleo >"$work/twice"
exits 2 'twice' ics "$work/all.ics" --map "$work/twice"
has 'twice' 'twice:2: line 1 has this "uid" already'
echo '{"uid":"x"}' >"$work/twice"
exits 2 'no schedule in a line' ics "$work/all.ics" --map "$work/twice"
has 'no schedule in a line' 'twice:1: ' '"schedule" is missing' 'nothing was sent'
map meeting@test nobody >"$work/twice"
exits 2 'nobody in a map' ics "$work/all.ics" --map "$work/twice" --skip-unmapped
exits 2 'an empty map' ics "$work/all.ics" --map /dev/null

# ---- over an appointment ----
fasti book --schedule ben --service visit --start 2026-05-05T09:00 --patient p-1 >/dev/null
event ill@test 'DTSTART;VALUE=DATE:20260505' | calendar >"$work/ill.ics"
exits 0 'over an appointment' ics "$work/ill.ics" --schedule ben
has 'over an appointment' 'appointments at busy times: 1 ' 'schedule ben  2026-05-05T09:00'
same 'over an appointment' ben ics:ill.ics <<'END'
2026-05-05T00:00 2026-05-05T09:00
2026-05-05T09:20 2026-05-06T00:00
END

# ---- openings; busy times of the same file inside of them ----
hours() { # hours FROM TO: Mondays and Wednesdays
    printf '%s\n' BEGIN:VAVAILABILITY UID:hours@test DTSTAMP:20260301T120000Z BEGIN:AVAILABLE UID:open@test \
        DTSTAMP:20260301T120000Z "DTSTART;TZID=Europe/Berlin:20260302T${1}0000" \
        "DTEND;TZID=Europe/Berlin:20260302T${2}0000" 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE' END:AVAILABLE END:VAVAILABILITY
}
total() { # total DATE: how many starts dora has
    fasti --json availability --service visit --schedule dora --from "$1" --days 1 | sed 's/.*"total":\([0-9]*\),.*/\1/'
}
[ "$(total 2026-03-09)" = 0 ] || fail 'dora opens already'
{ hours 09 12; event half@test 'DTSTART:20260309T080000Z' 'DURATION:PT1H'; } | calendar >"$work/open.ics"
exits 0 'openings, dry' ics "$work/open.ics" --schedule dora --dry-run
[ "$(total 2026-03-09)" = 0 ] || fail 'a dry run opens'
exits 0 'openings' fasti --json import ics "$work/open.ics" --schedule dora
has 'openings' '"has_availability":true' '"available":1' '"openings":1' '"openings_changed":1' '"added":1' '"uncovered":[]'
[ "$(total 2026-03-09) $(total 2026-03-10) $(total 2026-03-11)" = '6 0 9' ] || fail 'other starts'
before=$(digest)
exits 0 'openings again' ics "$work/open.ics" --schedule dora
has 'openings again' '1 openings of ics:open.ics were there' 'nothing changed'
[ "$(digest)" = "$before" ] || fail 'openings again change the state'
exits 0 'the same of another source' ics "$work/open.ics" --schedule dora --source twin
exits 2 'openings without a schedule' ics "$work/open.ics" --map "$work/map"
has 'openings without a schedule' 'VAVAILABILITY has no schedule' 'half@test'
fasti set opening --schedule dora --id own --weekdays tue --from 08:00 --to 09:00 >/dev/null
fasti book --schedule dora --service visit --start 2026-03-11T09:00 --patient p-2 >/dev/null
calendar </dev/null >"$work/empty.ics"
exits 0 'the twin goes' fasti --json import ics "$work/empty.ics" --schedule dora --source twin
has 'the twin goes' '"openings":0' '"openings_changed":1' '"uncovered_count":0'
{ hours 10 13; event half@test 'DTSTART:20260309T080000Z' 'DURATION:PT1H'; } | calendar >"$work/open.ics"
exits 0 'openings later' ics "$work/open.ics" --schedule dora
has 'openings later' 'no opening covers any more: 1 ' 'schedule dora  2026-03-11T09:00' '1 openings of ics:open.ics in the place'
[ "$(total 2026-03-09) $(total 2026-03-10) $(total 2026-03-11)" = '9 3 9' ] || fail 'not the later starts'
kill_server
serve_march
[ "$(total 2026-03-09) $(total 2026-03-11)" = '9 9' ] || fail 'lost by a restart'
cat "$work/expected" "$work/week" | same 'after a restart' anna ics:team.ics
stop

# ---- the recorded calendars, a schedule each ----
if [ -d "$recorded" ]; then
    rm -rf "$work/data"
    serve --listen 127.0.0.1:0 --now 2019-03-01T12:00:00Z
    fasti import ndjson "$work/lines" >/dev/null
    number=0
    busy=0
    for file in "$recorded"/*.ics; do
        number=$((number + 1))
        name=$(basename "$file")
        echo '{"kind":"schedule","id":"s'$number'","location":"here","service":"visit"}' >"$work/line"
        fasti import ndjson "$work/line" >/dev/null
        if [ "$name" = bad_rrule_missing_until_event.ics ]; then
            exits 2 "$name" ics "$file" --schedule s$number
            has "$name" "$name:9: " 'UNTL=20191023 is not supported' 'nothing was sent'
            continue
        fi
        exits 0 "$name" fasti --json import ics "$file" --schedule s$number --source recorded
        busy=$((busy + $(sed 's/.*"busy":\([0-9]*\),.*/\1/' "$work/out")))
        exits 0 "$name" fasti --json import ics "$file" --schedule s$number --source recorded
        has "$name, again" '"UNCHANGED"' '"added":0' '"removed":0' '"conflict_count":0'
    done
    [ $busy -gt 1000 ] || fail "$number calendars with $busy busy times"
    stop
else
    echo "left out: $recorded is absent"
    number=0 busy=0
fi
echo "passed: calendars as blocks and openings; $number recorded ones with $busy busy times"
