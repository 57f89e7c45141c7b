#!/usr/bin/env bash
# test_combine_cli.sh - what can be had together: joint starts, chains, what is offered is booked.
#
# Monday 2026-03-02, 13:00 in Berlin; clocks change on 2026-03-29.
#
#   anna   visit 20, control 20   Tue-Fri 09:00-12:00       room-1, room-2   use 20   Tue-Fri from 10:00, 09:00
#   ben    visit 20               Tue-Fri 08:00-10:00       mri              scan 40  daily 10:00-14:00
. tests/support/session.sh

starts() { sed 's/"start":"/\n&/g' "$work/out" | sed -n 's/^"start":"\([^"]*\)".*/\1/p' | tr '\n' ' '; }
wrong() { # wrong TEXT COMMAND OPTION...: refused with a sentence
    exits 2 "${*:2}" fasti --organization north "${@:2}"
    has "${*:2}" "$1"
    exits 2 "${*:2}" fasti --organization north --json "${@:2}"
    has "${*:2}" '{"error":{"status":"'
}

serve_march
{
    echo '{"kind":"organization","id":"north"}'
    echo '{"kind":"location","id":"mitte","zone":"Europe/Berlin"}'
    echo '{"kind":"location","id":"west","zone":"Europe/Berlin"}'
    for s in visit:20 control:20 use:20 scan:40; do
        echo "{\"kind\":\"service\",\"id\":\"${s%:*}\",\"minutes\":${s#*:}}"
    done
    echo '{"kind":"schedule","id":"anna","location":"mitte","service":["visit","control"]}'
    echo '{"kind":"schedule","id":"ben","location":"west","service":"visit"}'
    echo '{"kind":"schedule","id":"room 1","location":"mitte","service":"use"}'
    echo '{"kind":"schedule","id":"room-2","location":"mitte","service":"use"}'
    echo '{"kind":"schedule","id":"mri","location":"west","service":"scan"}'
    echo '{"kind":"opening","schedule":"anna","id":"day","weekdays":"tue-fri","from":"09:00","to":"12:00"}'
    echo '{"kind":"opening","schedule":"ben","id":"day","weekdays":"tue-fri","from":"08:00","to":"10:00"}'
    echo '{"kind":"opening","schedule":"room 1","id":"day","weekdays":"tue-fri","from":"10:00","to":"12:00"}'
    echo '{"kind":"opening","schedule":"room-2","id":"day","weekdays":"tue-fri","from":"09:00","to":"12:00"}'
    echo '{"kind":"opening","schedule":"mri","id":"day","weekdays":"mon-sun","from":"10:00","to":"14:00"}'
} | fasti --organization north import ndjson - >/dev/null

# ---- help ----
exits 0 'help' fasti help joint
has 'help' "fasti joint --part 'anna bernd service=visit' --part 'room-1 room-2' \\"
exits 0 'help' fasti help chain
has 'help' "fasti chain --before 12:00 --step 'service=dose-1' \\"

# ---- joint starts ----
exits 0 'doctor and room' fasti --organization north --json joint --limit 2 \
    --part 'anna service=visit' --part "'room 1' room-2 service=use"
[ "$(starts)" = '2026-03-03T09:00:00+01:00 2026-03-03T09:00:00+01:00 2026-03-03T09:00:00+01:00 2026-03-03T09:20:00+01:00 2026-03-03T09:20:00+01:00 2026-03-03T09:20:00+01:00 ' ] ||
    fail 'doctor and room' "$work/out"
has 'doctor and room' '"schedule":"room-2","service":"use","start":"2026-03-03T09:00:00+01:00","minutes":20'
has 'doctor and room' '"count":2,"more":true,"page":"2026-03-03T08:20:00Z"'
has 'doctor and room' '"schedules":[{"schedule":"anna","service":"visit","reason":"FREE"}'
exits 0 'any room' fasti --organization north joint --limit 1 --from 2026-03-03 --after 10:00 \
    --part 'anna service=visit' --part 'service=use location=mitte' --part 'mri service=scan offset=20m'
has 'any room' '1  Tue 2026-03-03 10:20 +01:00  20 min  anna    visit'
has 'any room' '   Tue 2026-03-03 10:20 +01:00  20 min  room 1  use'
has 'any room' '   Tue 2026-03-03 10:40 +01:00  40 min  mri     scan'
has 'any room' 'there may be more: the same with --page 2026-03-03T09:20:00Z'
exits 0 'the next page' fasti --organization north joint --limit 1 --from 2026-03-03 --after 10:00 \
    --part 'anna service=visit' --part 'mri service=scan offset=20m' --page 2026-03-03T09:20:00Z
has 'the next page' 'Tue 2026-03-03 11:00 +01:00'
exits 0 'never' fasti --organization north joint --part 'anna service=use' --part 'mri service=scan'
has 'never' 'never anna for use: NOT_OFFERED'
has 'never' 'none from 2026-03-02 to 2026-03-16'

# ---- what is offered is booked, once ----
book=(fasti --organization north book --schedule anna --service visit --start 2026-03-03T09:00 --patient p
    --item 'with room-2 service=use')
exits 0 'the offer' "${book[@]}"
exits 1 'the offer again' "${book[@]}"
exits 0 'it is gone' fasti --organization north joint --limit 1 \
    --part 'anna service=visit' --part "'room 1' room-2 service=use"
has 'it is gone' '1  Tue 2026-03-03 09:20'

# ---- chains ----
exits 0 'over the change of clocks' fasti --organization north --json chain --limit 1 --from 2026-03-24 \
    --step 'anna service=visit' --step 'in=1w..2w anna service=control'
[ "$(starts)" = '2026-03-24T09:00:00+01:00 2026-03-24T09:00:00+01:00 2026-03-31T09:00:00+02:00 ' ] ||
    fail 'over the change of clocks' "$work/out"
exits 0 'one day' fasti --organization north chain --limit 2 --from 2026-03-04 \
    --step 'service=visit' --step 'in=0..1 anna service=control with room-2 service=use' --step 'in=0 mri service=scan'
has 'one day' '1  Wed 2026-03-04 08:00 +01:00  20 min  ben     visit'
has 'one day' '   Wed 2026-03-04 09:00 +01:00  20 min  anna    control'
has 'one day' '   Wed 2026-03-04 09:00 +01:00  20 min  room-2  use'
has 'one day' '   Wed 2026-03-04 10:00 +01:00  40 min  mri     scan'
exits 0 'the chain is booked' fasti --organization north book --patient q --schedule ben --service visit --start 2026-03-04T08:00 \
    --item 'schedule=anna service=control start=09:00' --item 'with room-2 service=use' --item 'schedule=mri service=scan start=10:00'

# ---- a series: Tuesdays at nine, one of them taken, one of them not open ----
exits 0 'help' fasti help visits
has 'help' 'fasti visits --part'
exits 0 'a closed day' fasti --organization north block --schedule anna --start 2026-03-31T00:00 --end 2026-04-01T00:00
exits 0 'a series' fasti --organization north visits --part 'anna service=visit' --start 2026-03-03T09:00 --every 1w --count 6
has 'a series' '1  Tue 2026-03-03 09:20 +01:00  20 min  anna  visit  near'
has 'a series' '2  Tue 2026-03-10 09:00 +01:00  20 min  anna  visit  wished'
has 'a series' '5  Tue 2026-03-31 09:00 +02:00                       none'
has 'a series' '6  Tue 2026-04-07 09:00 +02:00  20 min  anna  visit  wished'
has 'a series' '5 of 6 visits can be had'
exits 0 'days near' fasti --organization north --json visits --part 'anna service=visit' --start 2026-03-31T09:00 \
    --every 2d --count 2 --near 1 --before 10:00
has 'days near' '"count":2,"had":2'
has 'days near' '{"wished":"2026-03-31T09:00:00+02:00","fate":"near","rows":[{"schedule":"anna","service":"visit","start":"2026-04-01T09:00:00+02:00","minutes":20}]}'
has 'days near' '{"wished":"2026-04-02T09:00:00+02:00","fate":"wished","rows":['
wrong '--start: "09:00" is not a local time' visits --part 'anna service=visit' --start 09:00 --every 1w --count 2
wrong '--every: "90m" is not like 1w' visits --part 'anna service=visit' --start 2026-03-31T09:00 --every 90m --count 2
wrong '--count must be 1 to 64' visits --part 'anna service=visit' --start 2026-03-31T09:00 --every 1w --count 65
wrong '--near must be 0 to 31 days' visits --part 'anna service=visit' --start 2026-03-31T09:00 --every 1w --count 2 --near 32
wrong 'a series lies in at most 400 days' visits --part 'anna service=visit' --start 2026-03-31T09:00 --every 1w --count 60

# ---- what is wrong ----
wrong 'say --part, once for each part' joint
wrong 'say --step, once for each step' chain
wrong '--part 1: for which service?' joint --part anna
wrong '--part 1: offset= is from the first part' joint --part 'anna service=visit offset=5'
wrong '--part 2: offset=x is not like 15' joint --part 'anna service=visit' --part 'mri offset=x'
wrong '--part 1: in= is of a step behind another one' joint --part 'in=3 anna service=visit'
wrong '--step 1: in= is of a step behind another one' chain --step 'in=3 anna service=visit'
wrong '--step 2: in=9..3 is not like 7' chain --step 'anna service=visit' --step 'in=9..3 anna'
wrong '--step 2: in=401 is not like 7' chain --step 'anna service=visit' --step 'in=401 anna'
wrong "--part 1: a ' is not closed" joint --part "anna 'room"
wrong 'there is no "colour=red"' joint --part 'anna colour=red service=visit'
wrong 'location= is for a part that names no schedule' joint --part 'anna location=mitte service=visit'
wrong 'no schedule at location west offers the service "use"' joint --part 'location=west service=use'
wrong 'a step has at most 4 parts' joint --part 'anna service=visit with mri with mri with mri with mri'
wrong 'a chain has at most 4 steps' chain --step 'anna service=visit' --step anna --step anna --step anna --step anna
wrong '--limit must be 1 to 32' joint --limit 33 --part 'anna service=visit'
wrong '--page: "17" is not what a page before printed' joint --page 17 --part 'anna service=visit'
wrong '--before must be later than --after' joint --after 10:00 --before 09:00 --part 'anna service=visit'
wrong 'from the first to the last are 1 to 400 days' joint --from 2026-01-01 --to 2027-06-01 --part 'anna service=visit'
exits 2 'no such schedule' fasti --organization north joint --part 'nobody service=visit'

stop
echo passed
