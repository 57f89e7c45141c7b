#!/usr/bin/env bash
# test_export_files.sh - exports for other programs: a calendar, which our own import takes, and
# tables.
#
# Monday 2026-03-02, 13:00 in Berlin; clocks change on 2026-03-29. Exits 77 (skipped) where io_uring
# is denied.
. tests/support/session.sh

serve_march
export FASTI_ORGANIZATION=clinic
cat >"$work/lines" <<'END'
{"kind":"organization","id":"clinic","name":"=cmd|' /C calc'!A0"}
{"kind":"location","id":"here","name":"Street 5, \"left\"","zone":"Europe/Berlin","latitude":52.52,"longitude":-13.4}
{"kind":"service","id":"visit","name":"+49 visit","minutes":20,"code":"-57"}
{"kind":"service","id":"long; and, so on \\ with a name that is longer than a line may be","minutes":40}
{"kind":"schedule","id":"anna","location":"here","service":["visit","long; and, so on \\ with a name that is longer than a line may be"]}
{"kind":"schedule","id":"ben","location":"here","service":["visit"],"specialty":["skin","eyes"]}
{"kind":"schedule","id":"-2","location":"here","service":["visit"]}
{"kind":"opening","schedule":"anna","id":"day","from":"08:00","to":"18:00","weekdays":"mon-fri"}
{"kind":"opening","schedule":"anna","id":"night","from":"22:00","to":"26:00","weekdays":"sat","first":"2026-03-01","last":"2026-04-30"}
{"kind":"opening","schedule":"anna","id":"holiday","rule":"closed","date":"2026-04-06"}
{"kind":"opening","schedule":"anna","id":"easter","rule":"dated","date":"2026-04-06","from":"10:00","to":"11:00"}
{"kind":"opening","schedule":"anna","id":"once","rule":"instant","from":"2026-05-03T10:00Z","to":"2026-05-03T11:00Z"}
{"kind":"opening","schedule":"anna","id":"places","from":"06:00","to":"07:00","capacity":3}
{"kind":"opening","schedule":"ben","id":"day","from":"08:00","to":"18:00"}
{"kind":"appointment","schedule":"anna","service":"visit","start":"2026-03-03T09:00","patient":"p-1"}
{"kind":"appointment","schedule":"anna","service":"long; and, so on \\ with a name that is longer than a line may be","start":"2026-03-03T12:00","patient":"p-2"}
{"kind":"appointment","patient":"p,3","items":[{"schedule":"anna","service":"visit","start":"2026-03-04T09:00"},{"schedule":"ben","service":"visit","start":"2026-03-04T09:00"}]}
{"kind":"block","schedule":"anna","start":"2026-03-05T09:00","end":"2026-03-05T10:00"}
{"kind":"block","schedule":"anna","start":"2026-03-27T12:00","end":"2026-03-31T10:00","source":"feed"}
{"kind":"block","schedule":"ben","start":"2026-03-06T09:00","end":"2026-03-06T10:00"}
END
exits 0 'lines' fasti import ndjson "$work/lines"
exits 0 'a cancelled one' fasti cancel 1
exits 0 'a held one' fasti hold --schedule anna --service visit --start 2026-03-09T09:00

blocks() { # blocks SCHEDULE: start and end of each block
    fasti --json list appointments --schedule "$1" --blocks --limit 1000 |
        grep -o '"kind":"block"[^}]*"start":"[^"]*","end":"[^"]*"' |
        sed 's/.*"start":"\(.*\)","end":"\(.*\)"/\1 \2/' | sort
}

# ---- a calendar ----
exits 0 'of one schedule' fasti export ics --schedule anna --out "$work/anna.ics"
has 'of one schedule' 'exported: 4 events, 5 openings' '1 openings are left out'
calendar=$(tr -d '\r' <"$work/anna.ics" | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n //g')
told() { # told WHAT TEXT...: the calendar, unfolded, has each of the texts
    local what=$1
    shift
    printf '%s\n' "$calendar" >"$work/out"
    has "$what" "$@"
}
told 'a calendar' 'BEGIN:VCALENDAR' 'UID:record-2-1@clinic' 'DTSTART:20260303T110000Z' 'DTEND:20260303T114000Z' \
    'SUMMARY:long\; and\, so on \\ with a name that is longer than a line may be' 'STATUS:CONFIRMED' \
    'DTSTART:20260327T110000Z' 'DTEND:20260331T080000Z' 'TZID:Europe/Berlin' \
    'DTSTART;TZID=Europe/Berlin:20000103T080000' 'RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR' \
    'RRULE:FREQ=WEEKLY;UNTIL=20260430T200000Z;BYDAY=SA' 'END:VCALENDAR'
hasnt 'a calendar' 'p-2'
hasnt 'a calendar' 'record-1-'
hasnt 'a calendar' '20260309T080000Z'
! grep -v $'\r$' "$work/anna.ics" || fail 'a line without CRLF'
awk '{ sub(/\r$/, ""); if (length($0) > 75) exit 1 }' "$work/anna.ics" || fail 'a line is longer than 75'
exits 0 'asked for' fasti export ics --patients --out "$work/all.ics"
expect 'asked for' 'X-FASTI-PATIENT:p\\,3' "$work/all.ics"
fasti export ics --schedule anna 2>/dev/null >"$work/again.ics"
cmp "$work/anna.ics" "$work/again.ics" || fail 'a second calendar differs'
exits 2 'no such schedule' fasti export ics --schedule nobody
exits 2 'no organization' env -u FASTI_ORGANIZATION "$bin/fasti" --server "unix:$work/s" export ics

# ---- our own import takes it: the blocks are the same again ----
exits 0 'the blocks' fasti export ics --schedule anna --blocks --out "$work/blocks.ics"
has 'the blocks' 'exported: 2 events, 0 openings'
blocks anna >"$work/want"
[ "$(wc -l <"$work/want")" -ge 2 ] || fail 'no blocks' "$work/want"
exits 0 'tables' fasti export csv --out "$work/tables"
exits 0 'asked for' fasti --json export csv --out "$work/named" --patients
stop
rm -rf "$work/data"
serve_march
grep -v '"kind":"\(appointment\|block\|opening\)"' "$work/lines" >"$work/empty"
exits 0 'an empty schedule' fasti import ndjson "$work/empty"
exits 0 'blocks back' fasti import ics "$work/blocks.ics" --schedule anna
blocks anna >"$work/got"
diff "$work/want" "$work/got" >"$work/out" || fail 'the blocks differ' "$work/out"
exits 0 'all of it' fasti --json import ics "$work/anna.ics" --schedule anna --source all
has 'all of it' '"outcome":"PUBLISHED"' '"events":4' '"odd_lines":0'
free() { # free DATE: hours at which a visit may start
    fasti --json availability --service visit --schedule anna --from "$1" --days 1 --starts |
        grep -o 'T[0-9:]*+' | sort -u | sed -n '1p;$p' | tr -d '\n'
}
[ "$(free 2026-03-10)" = 'T08:00:00+T17:40:00+' ] || fail "open on a Tuesday: $(free 2026-03-10)"
[ "$(free 2026-04-06)" = 'T10:00:00+T10:40:00+' ] || fail "open on the holiday: $(free 2026-04-06)"
[ "$(free 2026-05-03)" = 'T12:00:00+T12:40:00+' ] || fail "open once: $(free 2026-05-03)"
[ "$(free 2026-03-21)" = 'T22:00:00+T23:40:00+' ] || fail "open at night: $(free 2026-03-21)"

# ---- tables ----
for table in organizations locations practitioners services schedules openings appointments blocks; do
    [ -s "$work/tables/$table.csv" ] || fail "no $table"
    ! grep -v $'\r$' "$work/tables/$table.csv" || fail "$table: a line without CRLF"
done
line() { # line TABLE TEXT
    grep -qF -- "$2" "$work/tables/$1.csv" || fail "$1: no $2 in:" "$work/tables/$1.csv"
}
line organizations "clinic,'=cmd|' /C calc'!A0"
line locations 'clinic,here,"Street 5, ""left""",Europe/Berlin,52.5200000,-13.4000000'
line services "clinic,visit,'+49 visit,20,20,,'-57"
line services 'clinic,"long; and, so on \ with a name that is longer than a line may be",,40,40,'
line schedules "clinic,'-2,,here,,5,visit,"
line schedules 'clinic,ben,,here,,5,visit,skin eyes'
line openings 'clinic,anna,night,weekly,22:00,26:00,sat,2026-03-01,2026-04-30,,,,,'
line openings 'clinic,anna,places,weekly,06:00,07:00,daily,2000-01-01,2199-12-31,,3,,,'
line appointments 'clinic,1,1,1,cancelled,,anna,visit,2026-03-03T09:00:00+01:00,2026-03-03T09:20:00+01:00,20,0,0,'
line appointments 'clinic,3,2,2,booked,,ben,visit,'
line appointments ',held,'
line blocks ',booked,,anna,,2026-03-27T12:00:00+01:00,'
! grep -q 'p-\|p,' "$work/tables/appointments.csv" || fail 'a patient is told'
grep -q '"p,3"' "$work/named/appointments.csv" || fail 'a patient that was asked for'
[ "$(wc -l <"$work/tables/appointments.csv")" = 6 ] || fail 'a line an item' "$work/tables/appointments.csv"
echo 'passed: calendars come back as they were, tables are safe'
