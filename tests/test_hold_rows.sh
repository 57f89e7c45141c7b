#!/usr/bin/env bash
# test_hold_rows.sh - several rows held, confirmed, extended, released and moved in one call each,
# all or nothing, and what stands after kill -9.
#
# 2026-03-02 in Berlin; clocks change on 2026-03-29.
. tests/support/session.sh

is() { # is WHAT EXPECTED ACTUAL
    [ "$2" = "$3" ] || fail "$1: $3, not $2" "$work/out"
}

records() { sed 's/.*"records":\[\([0-9,]*\)\].*/\1/' "$work/out"; } # of the last command
token() { sed 's/.*"token":"\([^"]*\)".*/\1/' "$work/out"; }
record() { sed 's/.*"record":\([0-9]*\),"as_of".*/\1/' "$work/out"; }
free() { # free SCHEDULE: how many starts it has on the day
    fasti --json availability --service visit --schedule "$1" --from 2026-03-09 --days 1 |
        sed 's/.*"total":\([0-9]*\),"next_slot".*/\1/'
}

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    for id in anna ben room-1 room-2 with; do
        echo '{"kind":"schedule","id":"'"$id"'","location":"here","service":["visit"]}'
        echo '{"kind":"opening","schedule":"'"$id"'","id":"day","weekdays":"mon-fri","from":"08:00","to":"12:00"}'
    done
} >"$work/directory"
fasti import ndjson "$work/directory" >/dev/null

day=2026-03-09
anna=(--schedule anna --service visit --start "${day}T09:00")

# ---- hold ----
exits 0 'help' fasti help hold
has 'help' '--item' 'fasti confirm 5 6'
exits 0 'hold three' fasti --json hold "${anna[@]}" --item 'start=09:20' --item 'ben start=09:00' \
    --item 'with room-1'
is 'three holds' 1,2,3 "$(records)"
has 'hold three' '"outcome":"HELD","record":1,' '"expires":"' \
    '{"appointment":3,"or":false,"schedule":"room-1","service":"visit","start":"2026-03-09T09:00:00+01:00","patient":null,"outcome":"BOOKED","record":3}'
token=$(token)
is 'the room is taken' 11 "$(free room-1)"
exits 1 'hold one of them and another' fasti hold "${anna[@]}" --item 'start=10:00'
has 'hold one of them and another' 'nothing was held: 1 of 2 cannot be had' \
    'options: Mon 2026-03-09 09:00 +01:00, schedule anna, visit: the time is taken'
hasnt 'hold one of them and another' 'patient'
exits 1 'the same as JSON' fasti --json hold "${anna[@]}" --item 'start=10:00'
has 'the same as JSON' '"outcome":"TAKEN"' '"records":[]' '"outcome":"BOOKED","record":null'
exits 1 'hold one' fasti hold "${anna[@]}"
has 'hold one' "schedule anna at ${day}T09:00: the time is taken"
is 'a refusal holds nothing' 10 "$(free anna)"
exits 2 'a patient' fasti hold "${anna[@]}" --item 'start=10:00 patient=p-1'
has 'a patient' 'item 1: a hold has no patient'
exits 2 'a wrong item' fasti hold "${anna[@]}" --item 'starts=10:00'
exits 2 'no service' fasti hold --schedule anna --start "${day}T09:00"
has 'no service' '--service is missing'

# ---- confirm, extend, release: several ----
exits 2 'two patients for three' fasti confirm 1 2 3 --token "$token" --patient p-1 --patient p-2
has 'two patients for three' '--patient is said 2 times for 3 records'
exits 2 'not a number' fasti extend 1 two --token "$token"
has 'not a number' 'RECORD: "two" is not the number of a record'
exits 2 'none' fasti extend --token "$token"
has 'none' 'RECORD... is missing'
exits 2 'the same twice' fasti release 1 1 --token "$token"
exits 2 'too many' fasti release $(seq 65) --token "$token"
has 'too many' 'at most 64'
exits 2 'seconds' fasti extend 1 --token "$token" --seconds 1801
exits 0 'extend' fasti extend 1 2 3 --token "$token" --seconds 1800
has 'extend' 'the hold was extended: records 1, 2, 3 until 2026-03-02T12:3' 'appointment 2: ' \
    'schedule ben, visit, with schedule room-1, visit, 20 min: held'
exits 0 'extend as JSON' fasti --json extend 3 1 --token "$token"
has 'extend as JSON' '"outcome":"EXTENDED","record":3,' '"records":[3,1]' \
    '"expires":"2026-03-02T12:3'
exits 1 'one that is not there' fasti confirm 1 99 --token "$token" --patient p-1
has 'one that is not there' 'nothing was changed: hold 99: there is no such record'
exits 0 'confirm two' fasti --json confirm 1 2 --token "$token" --patient mother --patient child
is 'two confirmed' 1,2 "$(records)"
has 'confirm two' '"outcome":"BOOKED","record":1,' '"appointment":{"record":1,' \
    '"patient":"mother"' '"patient":"child"' '"appointments":[{"record":1,'
exits 0 'whose is the first' fasti list appointments --patient mother
has 'whose is the first' '09:00'
exits 1 'confirm one twice' fasti confirm 3 1 --token "$token" --patient p-1
exits 0 'show the other' fasti show 3
has 'show the other' ': held'
exits 0 'hold the first free room' fasti hold --service visit --start "${day}T09:00" \
    --item room-1 --item 'or room-2'
has 'hold the first free room' 'held: record ' 'token: ' 'schedule room-2, visit: held'
exits 0 'hold two' fasti --json hold --schedule anna --service visit --start "${day}T11:00" \
    --item 'start=11:20'
pair=$(records) other=$(token)
exits 1 'two tokens' fasti release "${pair%,*}" 3 --token "$other"
has 'two tokens' 'nothing was changed: hold 3: the token is not that of the hold'
exits 0 'one patient for both' fasti confirm ${pair/,/ } --token "$other" --patient twin
has 'one patient for both' "booked: records ${pair/,/, }" 'patient twin: booked'
is 'both' 2 "$(grep -c 'patient twin' "$work/out")"
exits 0 'hold two' fasti --json hold --service visit --start "${day}T08:00" --item anna --item ben
pair=$(records) other=$(token)
exits 0 'replace one' fasti --json hold --service visit --start "${day}T08:00" --item anna \
    --item 'anna start=08:20' --replace "${pair%,*}" --token "$other"
third=$(records) fourth=$(token)
exits 1 'replace with a wrong token' fasti hold --service visit --start "${day}T08:40" --item anna \
    --item ben --replace "${pair#*,}" --token "$fourth"
has 'replace with a wrong token' "hold ${pair#*,}: the token is not that of the hold"
exits 0 'release two' fasti release ${third/,/ } --token "$fourth"
has 'release two' "the hold was released: records ${third/,/, }"
exits 0 'release one' fasti release "${pair#*,}" --token "$other"
has 'release one' "the hold was released: record ${pair#*,}"
is 'free again' 8 "$(free anna)"

# ---- move: all rows by the same time ----
exits 0 'doctor and room' fasti confirm 3 --token "$token" --patient p-3
exits 2 'move without a word' fasti move 3
has 'move without a word' 'move where to?'
exits 2 'one start for two rows' fasti move 3 --start "${day}T10:00"
has 'one start for two rows' 'appointment 3 has 2 rows: --at TIME'
exits 2 'both' fasti move 3 --at 10:00 --start 10:00
has 'both' 'say it without --start'
exits 2 'no time' fasti move 3 --at ten
has 'no time' '--at: "ten" is not a time like 09:20'
exits 2 'a time that clocks skip' fasti move 3 --at 2026-03-29T02:30
has 'a time that clocks skip' '--at: clocks skip 02:30 on 2026-03-29'
exits 0 'all by the same time' fasti --json move 3 --at 10:00
moved=$(record)
has 'all by the same time' '"outcome":"MOVED"' '"schedule":"ben"' \
    '"start":"2026-03-09T10:00:00+01:00"' '{"schedule":"room-1","service":"visit","start":"2026-03-09T10:00:00+01:00"'
exits 0 'the old one' fasti show 3
has 'the old one' ': moved'
exits 0 'a little later' fasti move "$moved" --at "${day}T10:20"
moved=$(sed -n 's/^moved: record \([0-9]*\)$/\1/p' "$work/out")
has 'a little later' '10:20 +01:00, 20 min, schedule ben, visit, with schedule room-1, visit, 20 min'
exits 0 'in the way' fasti book --schedule room-1 --service visit --start "${day}T11:00" --patient q
exits 1 'the room is taken' fasti move "$moved" --at 11:00
has 'the room is taken' 'nothing was moved: 1 of 2 cannot be had' 'schedule room-1, visit: the time is taken'
exits 0 'over the change of clocks' fasti --json move "$moved" --at 2026-03-30T09:00
moved=$(record)
has 'over the change of clocks' '{"schedule":"room-1","service":"visit","start":"2026-03-30T09:00:00+02:00"'
exits 0 'a row that is later' fasti --json book --schedule anna --service visit --start 2026-03-27T08:00 \
    --patient p-4 --item 'with room-1 start=08:40'
later=$(record)
exits 0 'it stays later' fasti --json move "$later" --at 2026-03-30T10:00
has 'it stays later' '{"schedule":"room-1","service":"visit","start":"2026-03-30T10:40:00+02:00"'

# ---- move: other rows ----
exits 2 'two appointments' fasti move "$moved" --item anna --item room-2
has 'two appointments' 'item 2: only one appointment is moved'
exits 2 'a patient' fasti move "$moved" --item 'anna patient=p-9'
has 'a patient' 'item 1: the patient and payload of an appointment stay'
exits 0 'another room' fasti --json move "$moved" --item 'with room-2'
moved=$(record)
has 'another room' '"items":[{"schedule":"ben","service":"visit","start":"2026-03-30T09:00:00+02:00"' \
    '{"schedule":"room-2","service":"visit","start":"2026-03-30T09:00:00+02:00"' '"patient":"p-3"'
exits 0 'another doctor and time' fasti --json move "$moved" --item 'anna start=09:20' \
    --item 'with room-1 start=09:40' --item 'or room-2'
moved=$(record)
has 'another doctor and time' '"items":[{"schedule":"anna","service":"visit","start":"2026-03-30T09:20:00+02:00"' \
    '{"schedule":"room-1","service":"visit","start":"2026-03-30T09:40:00+02:00"'
exits 0 'one row only' fasti --json move "$moved" --schedule "with" --start 11:20 --item 'or ben'
moved=$(record)
has 'one row only' '"item_count":1' '"items":[{"schedule":"with","service":"visit","start":"2026-03-30T11:20:00+02:00"'
exits 0 'another schedule at the same time' fasti move "$moved" --schedule ben
moved=$(sed -n 's/^moved: record \([0-9]*\)$/\1/p' "$work/out")
has 'another schedule at the same time' '11:20 +02:00, 20 min, schedule ben'
exits 1 'taken' fasti book --schedule ben --service visit --start 2026-03-30T11:20 --patient q
exits 1 'what has moved' fasti move 3 --at 11:00
has 'what has moved' 'appointment 3: a record in that state cannot become this: the record is moved'
exits 1 'what is not there' fasti move 999999 --at 11:00
has 'what is not there' 'appointment 999999: there is no such record'
exits 0 'a block' fasti --json block --schedule ben --start 2026-03-31T09:00 --end 2026-03-31T10:00
exits 1 'move a block' fasti move "$(record)" --at 11:00

# ---- the same request again ----
id=$(printf '%012x70008000000000000001' $(($(date -ud 2026-03-02T12:00:00Z +%s) * 1000)))
twice() { fasti --json --request-id "$id" move "$moved" --at 11:40; }
exits 0 'move with an id' twice
first=$(record)
exits 0 'the same again' twice
is 'the same again' "$first" "$(record)"

before=$(digest)
kill_server
serve --listen 127.0.0.1:0 --now 2026-03-02T12:01:00Z
is 'the digest after a kill' "$before" "$(digest)"
exits 0 'the same again after a kill' twice
is 'the same again after a kill' "$first" "$(record)"
stop
echo 'test_hold_rows: held, confirmed, extended, released and moved, several rows at once'
