#!/usr/bin/env bash
# test_family.sh - several rows in one call, all or nothing: a family, doctor with room and device,
# the first free lane, a series over the change of clocks, and all of it after kill -9.
#
# 2026-03-02 in Berlin; clocks change on 2026-03-29.
. tests/support/session.sh

count() { # count WHAT NUMBER TEXT: the text is there so many times
    local found
    found=$(grep -oF -- "$3" "$work/out" | wc -l)
    [ "$found" = "$2" ] || fail "$1: $3 is there $found times, not $2:" "$work/out"
}

booked_now() { fasti --json status | sed 's/.*"appointments":\([0-9]*\).*/\1/'; }

records() { sed 's/.*"records":\[\([0-9,]*\)\].*/\1/' "$work/out"; } # of the last command

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"location","id":"london","zone":"Europe/London"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    echo '{"kind":"service","id":"room","minutes":30,"grid":10}'
    for id in anna 'room 1' device lane-1 lane-2 lane-3 with; do
        echo '{"kind":"schedule","id":"'"$id"'","location":"here","service":["visit","room"]}'
    done
    echo '{"kind":"schedule","id":"interpreter","location":"london","service":["visit"]}'
    for id in anna 'room 1' device lane-1 lane-2 lane-3 with interpreter; do
        echo '{"kind":"opening","schedule":"'"$id"'","id":"day","weekdays":"mon-fri","from":"08:00","to":"12:00"}'
    done
} >"$work/directory"
fasti import ndjson "$work/directory" >/dev/null

# ---- help ----
exits 0 'help' fasti help
has 'help' "--item 'or lane-2'" 'fasti series' "fasti help book"
exits 0 'help of book' fasti help book
has 'help of book' 'mother' "with room-1" "--item 'or lane-3'" '--every 1w'

# ---- a family, one after the other ----
family() { # family FLAG...
    fasti "$@" book --schedule anna --service visit --start 2026-03-09T09:00 --patient mother \
        --item 'patient=child-1 start=09:20' --item 'patient=child-2 start=09:40'
}
exits 0 'a family' family --json
[ "$(records)" = 1,2,3 ] || fail 'three records' "$work/out"
has 'a family' '"outcome":"BOOKED","record":1,' '"left_out":0' \
    '{"appointment":2,"or":false,"schedule":"anna","service":"visit","start":"2026-03-09T09:20:00+01:00","patient":"child-1","outcome":"BOOKED","record":2}' \
    '"end":"2026-03-09T10:00:00+01:00"'
count 'a family' 4 '"kind":"appointment"' # the first one stands there twice
exits 1 'the same again' family
has 'the same again' 'nothing was booked: none of it can be had' \
    'options: Mon 2026-03-09 09:00 +01:00, schedule anna, visit, patient mother: the time is taken' \
    'item 2: Mon 2026-03-09 09:40 +01:00, schedule anna, visit, patient child-2: the time is taken'
exits 0 'cancel of one' fasti cancel 2
exits 0 'the others' fasti list appointments --schedule anna
has 'the others' 'mother' 'child-2'
hasnt 'the others' 'child-1'
exits 1 'only one is free' family --json
has 'only one is free' '"outcome":"TAKEN","message":"the time is taken"' '"records":[]' \
    '"patient":"child-1","outcome":"BOOKED","record":null' \
    '"patient":"child-2","outcome":"TAKEN","record":null' 'nothing was booked: 2 of 3 cannot be had'
[ "$(booked_now)" = 2 ] || fail 'a refusal books nothing' "$work/out"
exits 1 'closed, and off the grid' fasti book --schedule anna --service visit --patient p \
    --start 2026-03-08T09:00 --item start=2026-03-10T08:10 --item start=09:00
has 'closed, and off the grid' '2 of 3' 'options: Sun 2026-03-08 09:00' \
    'the schedule is not open then' 'item 1: Tue' 'does not start at that minute'

# ---- doctor, room, device ----
visit() { # visit FLAG... ITEM: anna on Tuesday at nine, with the room and ITEM
    fasti "${@:1:$#-1}" book --schedule anna --service visit --start 2026-03-10T09:00 \
        --patient p-1 --payload c0ffee --item 'with "room 1" service=room' --item "${@: -1}"
}
exits 0 'doctor, room and device' visit 'with device start=09:10'
has 'doctor, room and device' 'booked: record 4' \
    'appointment 4: Tue 2026-03-10 09:00 +01:00, 20 min, schedule anna, visit, with schedule room 1, room, 30 min, with schedule device, room, Tue 2026-03-10 09:10 +01:00, 30 min, patient p-1: booked'
shown=$(tail -n 1 "$work/out")
exits 0 'show' fasti show 4
has 'show' "$shown" 'payload: c0ffee'
exits 0 'show as JSON' fasti --json show 4
has 'show as JSON' '"item":1,"item_count":3,"items":[{"schedule":"anna",' \
    '{"schedule":"room 1","service":"room","start":"2026-03-10T09:00:00+01:00","end":"2026-03-10T09:30:00+01:00","minutes":30}'
exits 0 'list' fasti list appointments --schedule 'room 1'
has 'list' '30 min  room 1  room  p-1  2 of 3  booked'
exits 0 'list as JSON' fasti --json list appointments --schedule device
has 'list as JSON' '"schedule":"device","start":"2026-03-10T09:10:00+01:00"' \
    '"item":3,"item_count":3}'
exits 1 'the room is taken' fasti book --service visit --start 2026-03-10T09:20 --patient p-2 \
    --item anna --item 'with "room 1"'
has 'the room is taken' '1 of 2' 'item 2: Tue 2026-03-10 09:20 +01:00, schedule room 1'
exits 0 'the same instant in another zone' fasti --json book --schedule anna --service visit \
    --start 2026-03-10T10:00 --patient p-2 --item 'with interpreter'
has 'the same instant in another zone' '"schedule":"interpreter","service":"visit","start":"2026-03-10T09:00:00+00:00"'

# ---- lanes: in order, then fair ----
lane() { # lane START FLAG...
    fasti --json book --service visit --start "$1" --patient p --item lane-1 --item 'or lane-2' \
        --item 'or lane-3' "${@:2}"
}
for expected in lane-1 lane-2 lane-3; do
    exits 0 'a lane' lane 2026-03-11T09:00
    has 'a lane' '"state":"booked","reason":0,"conflict":false,"schedule":"'$expected'"'
done
count 'a lane' 2 '"outcome":"TAKEN","record":null'
exits 1 'no lane' lane 2026-03-11T09:00
count 'no lane' 3 '"outcome":"TAKEN","record":null'
fasti book --schedule lane-1 --service visit --start 2026-03-12T08:00 --patient p >/dev/null
fasti book --schedule lane-2 --service visit --start 2026-03-12T08:20 --patient p >/dev/null
exits 0 'the lane with the least taken' lane 2026-03-12T09:00 --fair
has 'the lane with the least taken' '"schedule":"lane-3"' '"outcome":"NONE","record":null'
exits 0 'the first lane' lane 2026-03-12T09:20
has 'the first lane' '"conflict":false,"schedule":"lane-1"'

# ---- a series over the change of clocks ----
series() { # series START EVERY COUNT FLAG...
    fasti "${@:4}" series --schedule anna --service visit --patient p-3 --start "$1" --every "$2" \
        --count "$3"
}
exits 0 'a weekly series' series 2026-03-23T09:00 1w 3 --json
has 'a weekly series' '"start":"2026-03-23T09:00:00+01:00"' '"start":"2026-03-30T09:00:00+02:00"' \
    '"start":"2026-04-06T09:00:00+02:00"' '"left_out":0'
exits 0 'an offset of the zone itself' series 2026-03-25T09:00+01:00 14d 2
has 'an offset of the zone itself' 'booked: 2 appointments' 'Wed 2026-04-08 09:00 +02:00'
exits 2 'another offset' series 2026-03-25T08:00Z 1w 2
has 'another offset' 'a series keeps the local time'
exits 2 'a time that clocks skip' series 2026-03-28T02:30 1d 2
has 'a time that clocks skip' 'clocks skip 02:30 on 2026-03-29'

# ---- a series that is refused names each date, and what is free instead ----
fasti block --schedule anna --start 2026-04-13T08:00 --end 2026-04-13T12:00 >/dev/null
fasti book --schedule anna --service visit --start 2026-04-20T11:00 --patient x >/dev/null
before=$(digest)
exits 1 'two dates are gone' series 2026-04-13T11:00 1w 3
has 'two dates are gone' '2 of 3 dates cannot be had; --skip-conflicts books the others' \
    'Mon 2026-04-13 11:00 +02:00: the time is taken; nearest free: Tue 2026-04-14 08:00 +02:00' \
    'Mon 2026-04-20 11:00 +02:00: the time is taken; nearest free: Mon 2026-04-20 10:40 +02:00'
hasnt 'two dates are gone' '2026-04-27'
exits 1 'a weekend' series 2026-04-23T08:00 1d 5 --json # no offer is a date of the series, nor twice
has 'a weekend' '"outcome":"CLOSED","message":' '"records":[]' \
    '"start":"2026-04-25T08:00:00+02:00","patient":"p-3","outcome":"CLOSED","record":null,"nearest_free":"2026-04-27T08:20:00+02:00"' \
    '"outcome":"CLOSED","record":null,"nearest_free":"2026-04-27T08:40:00+02:00"' \
    '"outcome":"BOOKED","record":null,"nearest_free":null'
[ "$(digest)" = "$before" ] || fail 'a refused series has changed something'

skipping() { # skipping START EVERY COUNT
    fasti series --schedule anna --service visit --patient p-3 --start "$1" --every "$2" \
        --count "$3" --skip-conflicts "${@:4}"
}
exits 0 'the others are booked' skipping 2026-04-13T11:00 1w 3
has 'the others are booked' 'Mon 2026-04-27 11:00 +02:00, 20 min, schedule anna' 'left out: 2 of 3' \
    'nearest free: Mon 2026-04-20 10:40'
exits 1 'no others' skipping 2026-04-13T11:00 1w 3
has 'no others' 'nothing was booked: 3 of 3 dates cannot be had'
exits 0 'as JSON' skipping 2026-04-13T10:00 1w 2 --json
has 'as JSON' '"outcome":"BOOKED"' '"left_out":1' '"appointment":1,' '"nearest_free":"2026-04-14'

# ---- what is typed wrong ----
wrong() { # wrong PATTERN COMMAND...
    exits 2 "$*" "${@:2}"
    expect "$*" "$1" "$work/out"
}
wrong '"0w" is not like 1w' series 2026-04-13T10:00 0w 2
wrong '"1m" is not like 1w' series 2026-04-13T10:00 1m 2
wrong 'count must be 1 to 64' series 2026-04-13T10:00 1w 65
wrong 'is not in 2000 to 2199' series 2199-12-01T10:00 1w 9
wrong '--patient is missing' fasti book --schedule anna --service visit --start 2026-04-13T10:00
one=(fasti book --schedule anna --service visit --start 2026-04-13T10:00 --patient p)
wrong 'item 1: there is no schedule "roof"' "${one[@]}" --item 'with roof'
wrong 'item 2: there is no service "s"' "${one[@]}" --item 'with device' --item 'with with service=s'
wrong 'item 1: start: clocks skip 02:30' "${one[@]}" --item 'start=2026-03-29T02:30'
wrong 'item 1: there is no "colour="' "${one[@]}" --item 'colour=red'
wrong '"status":"INVALID_OPTION","message":"item 1: nothing' "${one[@]}" --json --item ' '

# ---- a schedule may be called as it likes ----
exits 0 'a schedule called with' "${one[@]:0:6}" --start 2026-03-13T09:00 --patient p --item \
    'with "with"' --item "schedule='with' start=09:20"
has 'a schedule called with' 'with schedule with, visit' 'Fri 2026-03-13 09:20 +01:00, 20 min, schedule with'

# ---- blocks of several days ----
exits 0 'a block over days' fasti block --schedule device --start 2026-03-27T10:00 --end 2026-03-31T09:00
has 'a block over days' 'Fri 2026-03-27 10:00 +01:00 to Tue 2026-03-31 09:00 +02:00, schedule device'
block=$(sed -n 's/.*: record //p' "$work/out")
exits 0 'it is shown' fasti --json show "$block"
has 'it is shown' '"start":"2026-03-27T10:00:00+01:00","end":"2026-03-31T09:00:00+02:00"' \
    '"minutes":5640' '"item_count":5'
exits 0 'it is listed' fasti list appointments --schedule device --blocks
has 'it is listed' 'device' '1 of 5  blocked' '5 of 5  blocked'
exits 0 'it ends' fasti unblock "$block"

# ---- import lines ----
item() { printf '{"schedule":"%s","service":"%s","start":"%s"}' "$@"; }
visits=$work/visits
{
    echo '{"kind":"appointment","patient":"p-5","items":['"$(item anna visit 2026-03-16T09:00),$(item 'room 1' room 2026-03-16T09:00)"']}'
    echo '{"kind":"appointment","patient":"p-6","items":['"$(item anna visit 2026-03-16T09:20),$(item 'room 1' room 2026-03-16T09:20)"']}'
} >"$visits"
exits 1 'items of a line' fasti import ndjson "$visits"
has 'items of a line' 'booked 1, blocked 0, refused 1' \
    ':2: appointment: item 2, schedule room 1: the time is taken'
exits 0 'the first' fasti list appointments --patient p-5
has 'the first' '1 of 2  booked'
echo '{"kind":"appointment","patient":"p-7","items":[{"schedule":"anna","service":"visit"}]}' >"$visits"
exits 2 'an item without a start' fasti import ndjson "$visits"
has 'an item without a start' ':1: "items": item 1: "start" is missing; nothing was imported'
echo '{"kind":"appointment","patient":"p-7","items":['"$(item roof visit 2026-03-16T09:40),$(item anna visit 2026-03-16T09:40)"']}' >"$visits"
exits 1 'an item on nothing' fasti import ndjson "$visits"
has 'an item on nothing' ':1: item 1: there is no schedule "roof"'

# ---- kill -9 and a restart: all of it is there, and each ends by itself ----
before=$(digest)
booked=$(booked_now)
for schedule in anna 'room 1' device; do
    fasti --json list appointments --schedule "$schedule" --all --blocks
done >"$work/before"
kill_server
exits 3 'nobody is there' family
serve_march
[ "$(digest)" = "$before" ] || fail 'a restart has another digest'
for schedule in anna 'room 1' device; do
    fasti --json list appointments --schedule "$schedule" --all --blocks
done >"$work/after"
cmp -s "$work/before" "$work/after" || fail 'other lists' "$work/after"
exits 0 'all three items end' fasti cancel 4
has 'all three items end' 'with schedule room 1, room, 30 min' 'patient p-1: cancelled'
[ "$(booked_now)" = $((booked - 1)) ] || fail 'one ended'
exits 0 'their time is free' visit 'with device start=09:10'
stop
echo 'passed: families, rooms, lanes and series through kill -9'
