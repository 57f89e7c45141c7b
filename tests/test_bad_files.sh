#!/usr/bin/env bash
# test_bad_files.sh - whatever is wrong with a file or an option of an import: a sentence that says
# what and where, an exit code, and nothing changed.
#
# Exits 77 (skipped) where io_uring is denied.
. tests/support/session.sh

file=$work/f.ndjson
before=
untouched() { # untouched WHAT
    local now
    kill -0 "$pid" 2>/dev/null || fail "$1: the server is gone" "$work/log"
    now=$(digest)
    [ "$now" = "$before" ] || fail "$1: the digest was $before and is $now" "$work/out"
}
refuses() { # refuses WHAT PATTERN CODE COMMAND...
    exits "$3" "$1" "${@:4}"
    expect "$1" "$2" "$work/out"
    untouched "$1"
}

# ---- our own lines ----

practice='{"kind":"location","id":"l","zone":"Europe/Berlin"}
{"kind":"service","id":"s","minutes":30}
{"kind":"schedule","id":"a","location":"l","service":"s","resolution":15}
'
ndjson() { # ndjson PATTERN LINES...: refused with the pattern; escapes of printf %b are read
    local pattern=$1
    shift
    { printf '%s' "$practice"; printf '%b\n' "$@"; } >"$file"
    refuses "lines that end in $*" "$pattern; nothing was imported" 2 \
        fasti --organization fresh import ndjson "$file"
}
opening() { # opening PATTERN FIELDS: an opening of schedule a in line 4
    ndjson "$1" '{"kind":"opening","schedule":"a","id":"o",'"$2}"
}

start
before=$(digest)
ndjson ':4: not JSON: premature end of input.*' '{"kind":"serv'
ndjson ':4: the line holds a NUL byte: not a text file' '{"kind":"service","id":"x\0000"}'
ndjson ':4: not JSON: .*u0000.*' '{"kind":"service","id":"x\\u0000","minutes":5}'
ndjson ':4: not JSON: unable to decode byte 0xff.*' '{"kind":"service","id":"x\0377","minutes":5}'
ndjson ':4: the line is longer than 1048576 bytes' "$(head -c 1048577 /dev/zero | tr '\0' ' ')"
ndjson ':4: the line is longer than 1048576 bytes' \
    '{"kind":"service","minutes":5,"id":"'"$(head -c 1100000 /dev/zero | tr '\0' 'x')"'"}'
ndjson ':4: "id".*' '{"kind":"service","id":"'"$(head -c 1000000 /dev/zero | tr '\0' 'x')"'","minutes":5}'
ndjson ':4: not JSON: .*' 5
ndjson ':4: .*kind.*' '[{"kind":"service","id":"x","minutes":5}]'
ndjson ':4: not JSON: duplicate object key.*' '{"kind":"service","id":"x","minutes":5,"minutes":6}'
ndjson ':4: there is no kind "room".*' '{"kind":"room","id":"x"}'
ndjson ':4: there is no field "colour" here.*' '{"kind":"service","id":"x","minutes":5,"colour":1}'
ndjson ':4: "minutes".*' '{"kind":"service","id":"x","minutes":"5"}'
ndjson ':4: "minutes".*' '{"kind":"service","id":"x","minutes":5.5}'
ndjson ':4: "minutes".*' '{"kind":"service","id":"x","minutes":1441}'
ndjson ':4: not JSON: too big integer.*' '{"kind":"service","id":"x","minutes":99999999999999999999}'
ndjson ':4: service "s" is in line 2 already' '{"kind":"service","id":"s","minutes":30}'
ndjson ':4: schedule "a" is in line 3 already' \
    '{"kind":"schedule","id":"a","location":"l","service":"s","resolution":10}'
ndjson ':4: location "m": zone: Europe/Atlantis is not in.*' \
    '{"kind":"location","id":"m","zone":"Europe/Atlantis"}'
ndjson ':4: location "m": zone: not a name like.*' \
    '{"kind":"location","id":"m","zone":"../../etc/passwd"}'
ndjson ":4: schedule \"b\": there is no location 'north'" \
    '{"kind":"schedule","id":"b","location":"north"}'
ndjson ":4: schedule \"b\": there is no service 'x'" \
    '{"kind":"schedule","id":"b","location":"l","service":"x"}'
ndjson ':4: schedule "b": the duration of service .* is not a multiple of.*' \
    '{"kind":"schedule","id":"b","location":"l","service":"odd"}' \
    '{"kind":"service","id":"odd","minutes":7}'
ndjson ":4: openings of \"b\": there is no schedule 'b'" \
    '{"kind":"opening","schedule":"b","id":"o","from":"09:00","to":"10:00"}'
ndjson ':5: opening "o" is in line 4 already' \
    '{"kind":"opening","schedule":"a","id":"o","from":"09:00","to":"10:00"}' \
    '{"kind":"opening","schedule":"a","id":"o","from":"09:00","to":"11:00"}'
opening ':4: .*"2026-04-31" is not a date.*' '"rule":"dated","date":"2026-04-31","from":"09:00","to":"10:00"'
opening ':4: .*"1900-04-30" is not a date.*' '"rule":"dated","date":"1900-04-30","from":"09:00","to":"10:00"'
opening ':4: "from": "9999-04-30T09:00Z": the date.*2000 to 2199' \
    '"rule":"instant","from":"9999-04-30T09:00Z","to":"9999-04-30T10:00Z"'
opening ':4: "from": "2026-04-30T09:00" has no offset.*' \
    '"rule":"instant","from":"2026-04-30T09:00","to":"2026-04-30T10:00"'
opening ':4: .*does not fit the schedule.s resolution of 15 minutes' '"from":"09:05","to":"10:00"'
opening ':4: .*"to".*' '"from":"10:00","to":"09:00"'
ndjson ':4: "start": "2026-04-31T09:00": the date.*' \
    '{"kind":"appointment","schedule":"a","service":"s","start":"2026-04-31T09:00","patient":"p"}'
ndjson ':4: "start": "9999-01-01T09:00": the date.*' \
    '{"kind":"appointment","schedule":"a","service":"s","start":"9999-01-01T09:00","patient":"p"}'
# Of several organizations the last one is bad: none is there.
ndjson ":6: schedule \"b\": there is no location 'l'" '{"kind":"organization","id":"second"}' \
    '{"kind":"service","id":"s","minutes":30}' '{"kind":"schedule","id":"b","location":"l"}'
for n in $(seq 1025); do
    echo '{"kind":"opening","schedule":"a","id":"o'"$n"'","from":"09:00","to":"10:00"}'
done >"$work/openings"
{ printf '%s' "$practice"; cat "$work/openings"; } >"$file"
refuses 'more openings than a schedule holds' ':1028: openings of "a": .*1024 openings; nothing' 3 \
    fasti --organization fresh import ndjson "$file"
refuses 'a folder' 'is a directory.*nothing was imported' 2 \
    fasti --organization fresh import ndjson "$work"
refuses 'no file' 'No such file.*nothing was imported' 2 \
    fasti --organization fresh import ndjson "$work/none"
printf '%s' "$practice" >"$file"
refuses 'nobody named' 'which organization' 2 fasti import ndjson "$file"
refuses 'no name' 'id of the organization' 2 fasti --organization '' import ndjson "$file"
echo '{"kind":"appointment","schedule":"a","service":"s","start":"2026-01-01T09:00","patient":"p"}' >"$file"
refuses 'visits of nobody' 'no organization "fresh"' 2 fasti --organization fresh import ndjson "$file"
fasti --json list organizations >"$work/out"
expect 'no organization was left behind' '"organizations":\[\]' "$work/out"

# ---- a publication ----

slot() { # slot START END [FIELDS]
    printf '{"resourceType":"Slot","id":"x","schedule":{"reference":"Schedule/1"},"status":"free",'
    printf '"start":"%s","end":"%s"%s}' "$1" "$2" "${3:-}"
}
smart() { # smart PATTERN LINE: the third line of a publication is refused with the pattern
    rm -rf "$work/p"
    mkdir "$work/p"
    {
        echo '{"resourceType":"Location","id":"1"}'
        echo '{"resourceType":"Schedule","id":"1","actor":[{"reference":"Location/1"}]}'
        printf '%b\n' "$2"
    } >"$work/p/f.ndjson"
    refuses "a publication with $2" "$1; nothing was imported" 2 \
        fasti --organization fresh import smart "$work/p" --zone America/New_York --minutes 15
}
smart 'f.ndjson:3: not JSON: premature end of input.*' '{"resourceType":"Slo'
smart 'f.ndjson:3: the line holds a NUL byte: not a text file' '{"resourceType":"Slot\0000"}'
smart 'f.ndjson:3: the line is longer than 1048576 bytes' \
    '{"resourceType":"'"$(head -c 1100000 /dev/zero | tr '\0' 'x')"'"}'
smart 'f.ndjson:3: not JSON: duplicate object key.*' '{"resourceType":"Slot","resourceType":"Slot"}'
smart 'f.ndjson:3: not a JSON object' '["Slot"]'
smart 'f.ndjson:3: "resourceType" is missing' '{"id":"1"}'
smart 'f.ndjson:3: "resourceType" is not a text' '{"resourceType":1}'
smart 'f.ndjson:3: "id" is missing' '{"resourceType":"Location"}'
smart 'f.ndjson:3: "id" is not a text' '{"resourceType":"Schedule","id":1}'
smart 'f.ndjson:3: "id" is not 1 to 64 bytes.*' \
    '{"resourceType":"Schedule","id":"'"$(head -c 65 /dev/zero | tr '\0' 'x')"'"}'
smart 'f.ndjson:3: "schedule.reference" is not like.*' \
    '{"resourceType":"Slot","schedule":{"reference":"Location/1"}}'
smart 'f.ndjson:3: "schedule.reference" is missing' '{"resourceType":"Slot","schedule":7}'
smart 'f.ndjson:3: "start" is not a text' \
    '{"resourceType":"Slot","schedule":{"reference":"Schedule/1"},"start":5}'
smart 'f.ndjson:3: "start": "2023-04-31T09:00:00Z": the date does not exist.*' \
    "$(slot 2023-04-31T09:00:00Z 2023-04-31T10:00:00Z)"
smart 'f.ndjson:3: "end": "1900-04-30T10:00:00Z": the date.*2000 to 2199' \
    "$(slot 2023-04-30T09:00:00Z 1900-04-30T10:00:00Z)"
smart 'f.ndjson:3: "start": "9999-04-30T09:00:00Z": the date.*2000 to 2199' \
    "$(slot 9999-04-30T09:00:00Z 9999-04-30T10:00:00Z)"
smart 'f.ndjson:3: "start": "2023-04-30T09:00:60Z" is not a time.*' \
    "$(slot 2023-04-30T09:00:60Z 2023-04-30T10:00:00Z)"
smart 'f.ndjson:3: "start": "2023-04-30T09:00:00+25:00" is not a time.*' \
    "$(slot 2023-04-30T09:00:00+25:00 2023-04-30T10:00:00Z)"
smart 'f.ndjson:3: "start": "2023-04-30T09:00:00" has no offset.*--civil.*' \
    "$(slot 2023-04-30T09:00:00 2023-04-30T10:00:00)"
many() { # more slots than a schedule has room for
    for i in $(seq 0 1024); do
        slot "$(date -u -d "@$((1680000000 + i * 7200))" +%FT%TZ)" \
            "$(date -u -d "@$((1680000000 + i * 7200 + 3600))" +%FT%TZ)"
        echo
    done
}
smart 'f.ndjson:[0-9]*: schedule "1" has more than 1024 spans.*' "$(many)"

# ---- options ----

rm -f "$work/p/f.ndjson"
smart_with() { # smart_with WHAT PATTERN CODE OPTION...
    refuses "$1" "$2" "$3" fasti --organization fresh import smart "$work/p" "${@:4}"
}
smart_with 'an empty folder' 'holds no \*.ndjson or \*.json file' 2 --zone America/New_York --minutes 15
echo '{"resourceType":"Location","id":"1"}' >"$work/p/f.ndjson"
smart_with 'no schedule' 'no Schedule line.*nothing was imported' 2 --zone America/New_York --minutes 15
echo '{"resourceType":"Schedule","id":"1"}' >>"$work/p/f.ndjson"
smart_with 'an unknown zone' 'f.ndjson:.*zone: Europe/Atlantis is not in' 2 --zone Europe/Atlantis --minutes 15
smart_with 'a path as zone' 'zone: not a name like' 2 --zone ../../etc/passwd --minutes 15
smart_with 'no zone name' 'zone' 2 --zone '' --minutes 15
smart_with 'no zone' '--zone is missing' 2 --minutes 15
smart_with 'no minutes' '--minutes is missing' 2 --zone America/New_York
for minutes in 0 -5 1441; do
    smart_with "--minutes $minutes" '--minutes must be 1 to 1440' 2 --zone America/New_York --minutes $minutes
done
for minutes in abc 1e3 '' 15m 99999999999999999999; do
    smart_with "--minutes $minutes" "--minutes: \"$minutes\" is not a whole number" 2 \
        --zone America/New_York --minutes "$minutes"
done
smart_with 'twice' '--minutes is given twice' 2 --zone America/New_York --minutes 15 --minutes 20
smart_with '--resolution 7' '--resolution must be 1, 5, 10 or 15' 2 --zone America/New_York --minutes 15 --resolution 7
refuses 'nobody named' 'which organization' 2 \
    fasti import smart "$work/p" --zone America/New_York --minutes 15
refuses 'a long name' 'must be 1 to 64 bytes' 2 \
    fasti --organization "$(head -c 65 /dev/zero | tr '\0' 'x')" import smart "$work/p" \
    --zone America/New_York --minutes 15
refuses 'no folder' 'No such file' 2 \
    fasti --organization fresh import smart "$work/none" --zone America/New_York --minutes 15
refuses 'no server' 'no server at' 3 "$bin/fasti" --server "unix:$work/nobody" --organization fresh \
    import smart "$work/p" --zone America/New_York --minutes 15

# ---- a local time that clocks skip: the line is refused, the directory is there ----

{
    printf '%s' "$practice"
    echo '{"kind":"opening","schedule":"a","id":"o","from":"00:00","to":"24:00"}'
    echo '{"kind":"appointment","schedule":"a","service":"s","start":"2024-03-31T02:30","patient":"p"}'
    echo '{"kind":"appointment","schedule":"a","service":"s","start":"2024-03-31T03:00","patient":"p"}'
} >"$file"
exits 1 'a visit in a gap' fasti --json --organization fresh import ndjson "$file"
expect 'where' ':5: .*clocks skip 02:30 on 2024-03-31' "$work/out"
expect 'the others are booked' '"booked":1,"blocked":0,"refused":\[{"line":5,' "$work/out"
stop
echo 'passed: every bad file was refused where it is bad'
