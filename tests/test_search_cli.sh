#!/usr/bin/env bash
# test_search_cli.sh - who can see me first, over two organizations: codes, places, times, orders, pages.
#
# Monday 2026-03-02, 13:00 in Berlin; clocks change on 2026-03-29. Distances from 52.52,13.405:
#
#   mitte      anna    0 m      skin, eyes   Tue-Fri from 09:00       organization north
#   kreuzberg  ben     2.4 km   skin         Tue-Fri from 08:00       organization south
#   kreuzberg  cora    2.4 km   skin, laser  Wednesdays 17:00-18:00   organization south
#   falkensee  dora   21.8 km   skin         Mon-Fri from 07:00       organization north
#   no position: emil           eyes         Mon-Fri from 10:00       organization south
. tests/support/session.sh
here=(--near '52.52,13.405')

search() { fasti search "$@"; }
order() { sed 's/"schedule":"/\n&/g' "$work/out" | sed -n 's/^"schedule":"\([a-z]*\)".*/\1/p' | tr '\n' ' '; }
finds() { # finds WHAT 'SCHEDULES ' OPTION...: these, in this order
    exits 0 "$1" fasti --json search "${@:3}"
    [ "$(order)" = "$2" ] || fail "$1: $(order), not $2" "$work/out"
}
wrong() { # wrong TEXT OPTION...: refused with a sentence
    exits 2 "${*:2}" fasti search "${@:2}"
    has "${*:2}" "$1"
    exits 2 "${*:2}" fasti --json search "${@:2}"
    has "${*:2}" '{"error":{"status":"'
}

serve_march

# ---- nobody is there ----
exits 0 'an empty server' search --specialty skin
has 'an empty server' 'none: no schedule offers that there'

{
    echo '{"kind":"organization","id":"north","name":"North Clinics"}'
    echo '{"kind":"location","id":"mitte","name":"Praxis am Markt","zone":"Europe/Berlin","latitude":52.52,"longitude":13.405}'
    echo '{"kind":"location","id":"falkensee","zone":"Europe/Berlin","latitude":52.56,"longitude":13.09}'
    echo '{"kind":"practitioner","id":"dr-a","name":"Dr. Anna"}'
    echo '{"kind":"service","id":"visit","name":"First visit","minutes":20,"code":"57"}'
    echo '{"kind":"service","id":"long","minutes":40,"code":"57"}'
    echo '{"kind":"schedule","id":"anna","name":"Anna Ä.","location":"mitte","practitioner":"dr-a","service":["visit","long"],"specialty":["skin","eyes"]}'
    echo '{"kind":"schedule","id":"dora","location":"falkensee","service":"visit","specialty":"skin"}'
    echo '{"kind":"opening","schedule":"anna","id":"day","weekdays":"tue-fri","from":"09:00","to":"12:00"}'
    echo '{"kind":"opening","schedule":"dora","id":"day","weekdays":"mon-fri","from":"07:00","to":"12:00"}'
} | fasti --organization north import ndjson - >/dev/null
{
    echo '{"kind":"organization","id":"south"}'
    echo '{"kind":"location","id":"kreuzberg","zone":"Europe/Berlin","latitude":52.4986,"longitude":13.403}'
    echo '{"kind":"location","id":"video","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"check","minutes":20,"code":"57"}'
    echo '{"kind":"service","id":"laser","minutes":60,"code":"58","age_min":"18y"}'
    echo '{"kind":"schedule","id":"ben","location":"kreuzberg","service":"check","specialty":"skin"}'
    echo '{"kind":"schedule","id":"cora","location":"kreuzberg","service":["check","laser"],"specialty":"skin"}'
    echo '{"kind":"schedule","id":"emil","location":"video","service":"check","specialty":"eyes"}'
    echo '{"kind":"opening","schedule":"ben","id":"day","weekdays":"tue-fri","from":"08:00","to":"12:00"}'
    echo '{"kind":"opening","schedule":"cora","id":"day","weekdays":"wed","from":"17:00","to":"18:00"}'
    echo '{"kind":"opening","schedule":"emil","id":"day","weekdays":"mon-fri","from":"10:00","to":"12:00"}'
} | fasti --organization south import ndjson - >/dev/null

# ---- help ----
exits 0 'help' fasti help search
has 'help' '--specialty=CODE' '--near=LAT,LON' '--within=KM' '--page=CURSOR' '--patient-kind=KIND' \
    'fasti search --code 57'

# ---- codes ----
finds 'a specialty' 'dora ben anna cora ' --specialty skin
finds 'the second specialty' 'anna emil ' --specialty eyes
finds 'a code' 'dora ben anna emil cora ' --code 57
finds 'both' 'anna emil ' --code 57 --specialty eyes
finds 'both, of nobody' '' --code 58 --specialty eyes
finds 'minutes' 'anna ' --code 57 --minutes 40
has 'minutes' '"service":"long"' '"minutes":40'
finds 'a code that nobody has' '' --code 99
has 'a code that nobody has' '"candidates":0,"count":0,"more":false,"page":null'
exits 0 'a code that nobody has, in words' search --code 99
has 'a code that nobody has, in words' 'none: no schedule offers that there'
finds 'one organization' 'ben cora ' --organization south --specialty skin
has 'one organization' '{"organization":"south"' '"candidates":2'
FASTI_ORGANIZATION=north finds 'one organization by environment' 'dora anna ' --specialty skin
exits 2 'an organization that is not there' search --organization west --specialty skin
has 'an organization that is not there' 'there is no organization "west"'

# ---- places ----
finds 'a circle' 'ben anna cora ' --specialty skin "${here[@]}" --within 5
finds 'a large circle' 'dora ben anna cora ' --specialty skin "${here[@]}" --within 22km
finds 'a small circle' 'anna ' --specialty skin "${here[@]}" --within 500m
finds 'a circle has nobody without a position' 'anna ' --specialty eyes "${here[@]}" --within 20015.2
finds 'a circle elsewhere' '' --specialty skin --near -33.9,18.4 --within 100
finds 'a box' 'dora anna ' --specialty skin --box 52.51,13,52.6,13.5
finds 'a box without the far one' 'ben anna cora ' --specialty skin --box 52.4,13.3,52.52,13.405

# ---- orders ----
finds 'by distance' 'anna ben cora dora ' --specialty skin "${here[@]}" --within 30 --order distance
finds 'by day' 'anna ben dora cora ' --specialty skin "${here[@]}" --within 30 --order day
finds 'by start' 'dora ben anna cora ' --specialty skin "${here[@]}" --within 30 --order start

# ---- times ----
finds 'today only' '' --specialty skin --to 2026-03-02
has 'today only' '"first":"2026-03-02","last":"2026-03-02"' '"candidates":4'
exits 0 'today only, in words' search --specialty skin --to 2026-03-02
has 'today only, in words' 'none: not one of the 4 schedules that offer it is free from today to 2026-03-02'
finds 'tomorrow' 'dora ben anna ' --specialty skin --from 2026-03-03 --to 2026-03-03
finds 'two weeks' 'dora ben anna cora ' --specialty skin --from 2026-03-03
has 'two weeks' '"first":"2026-03-03","last":"2026-03-17"'
finds 'the year' 'dora ben anna cora ' --specialty skin --from 2026-03-03 --to 2027-04-06
finds 'at eleven' 'anna dora ben ' --specialty skin --after 11:30 --before 12:00 "${here[@]}" --within 30
has 'at eleven' '"start":"2026-03-03T11:40:00+01:00"'
finds 'after work' 'cora ' --specialty skin --after 16:00
has 'after work' '"start":"2026-03-04T17:00:00+01:00"'
finds 'early' 'dora ' --specialty skin --before 08:00
finds 'to midnight' 'cora ' --specialty skin --after 17:00 --before 24:00
finds 'a weekday' 'dora ben anna cora ' --specialty skin --weekdays wed
has 'a weekday' '"start":"2026-03-04T07:00:00+01:00"'
hasnt 'a weekday' '2026-03-03T'
finds 'Mondays' 'dora ' --specialty skin --weekdays mon
finds 'weekends' '' --specialty skin --weekdays sat-sun
finds 'in summer time' 'dora ' --specialty skin --from 2026-03-30 --to 2026-03-30
has 'in summer time' '"start":"2026-03-30T07:00:00+02:00"'

exits 0 'from a date, in words' search --specialty skin --from 2026-03-07 --to 2026-03-08
has 'from a date, in words' 'it is free from 2026-03-07 to 2026-03-08'

# ---- facts ----
finds 'of unknown age' '' --code 58
finds 'too young' '' --code 58 --age 17y
finds 'old enough' 'cora ' --code 58 --age 34y
has 'old enough' '"start":"2026-03-04T17:00:00+01:00","minutes":60'

# ---- what is told ----
exits 0 'JSON' fasti --json search --specialty skin "${here[@]}" --within 5 --starts 2 --limit 2
has 'JSON' '{"organization":null,"first":"2026-03-02","last":"2026-03-16","candidates":3,"count":2,"more":true,"page":"' \
    '"results":[{"start":"2026-03-03T08:00:00+01:00","minutes":20,"distance_m":2383,"schedule":"ben","name":"","practitioner":null,"service":"check","service_name":"","location":"kreuzberg","location_name":"","organization":"south","organization_name":"","starts":[{"start":"2026-03-03T08:00:00+01:00","minutes":20},{"start":"2026-03-03T08:20:00+01:00","minutes":20}]}' \
    '"distance_m":0,"schedule":"anna","name":"Anna Ä.","practitioner":"dr-a","service":"visit","service_name":"First visit","location":"mitte","location_name":"Praxis am Markt","organization":"north","organization_name":"North Clinics"'
exits 0 'JSON without a circle' fasti --json search --specialty eyes --limit 1
has 'JSON without a circle' '"distance_m":null'
exits 0 'text' search --specialty skin "${here[@]}" --within 5 --limit 2 --starts 2
cat >"$work/table" <<'TABLE'
first start                  distance  schedule  name     practitioner  service  location         organization
Tue 2026-03-03 08:00 +01:00  2.4 km    ben                              check    kreuzberg        south
Tue 2026-03-03 08:20 +01:00
Tue 2026-03-03 09:00 +01:00  0 m       anna      Anna Ä.  dr-a          visit    Praxis am Markt  north
Tue 2026-03-03 09:20 +01:00
2 of 3 schedules that offer it, from today to 2026-03-16
TABLE
head -6 "$work/out" | diff "$work/table" - || fail 'text: the table' "$work/out"
has 'text' 'and more: the same with --page '
exits 0 'text without a circle' search --specialty eyes --limit 1
hasnt 'text without a circle' 'distance'

# ---- pages: one after the other they are the whole list ----
pages() { # pages LIMIT OPTION...: the schedules of all pages, by text
    local limit=$1 page=()
    shift
    while :; do
        fasti search --limit "$limit" "$@" "${page[@]}" >"$work/page"
        sed -n 's/^[A-Z][a-z][a-z] 2026.* \(anna\|ben\|cora\|dora\|emil\) .*/\1/p' "$work/page"
        page=(--page "$(sed -n 's/^and more: the same with --page //p' "$work/page")")
        [ -n "${page[1]}" ] || break
    done | tr '\n' ' '
}
for limit in 1 2 4; do
    while read -r by whole; do
        [ "$(pages "$limit" --code 57 "${here[@]}" --within 30 --order "$by")" = "$whole " ] ||
            fail "pages of $limit by $by" "$work/page"
    done <<<$'start dora ben anna cora\ndistance anna ben cora dora\nday anna ben dora cora'
    [ "$(pages "$limit" --code 57)" = 'dora ben anna emil cora ' ] || fail "pages of $limit" "$work/page"
done
exits 0 'behind the last' search --code 58 --age 34y --page 9999999999-1
has 'behind the last' 'none: no other of the 1 schedules that offer it is free'

# ---- what is offered can be booked, and the schedule moves back ----
exits 0 'book' fasti --organization north book --schedule dora --service visit --patient p-1 \
    --start 2026-03-03T07:00:00+01:00
finds 'behind the booking' 'dora ben anna cora ' --specialty skin
has 'behind the booking' '"start":"2026-03-03T07:20:00+01:00","minutes":20,"distance_m":null,"schedule":"dora"'
exits 0 'block' fasti --organization north block --schedule dora --start 2026-03-03T07:20 --end 2026-03-03T12:00
finds 'behind the block' 'ben anna dora cora ' --specialty skin
has 'behind the block' '"start":"2026-03-04T07:00:00+01:00","minutes":20,"distance_m":null,"schedule":"dora"'
kill_server
serve_march
finds 'after kill -9' 'ben anna dora cora ' --specialty skin
exits 0 'cancel' fasti --organization north cancel 1
finds 'cancelled' 'dora ben anna cora ' --specialty skin
has 'cancelled' '"start":"2026-03-03T07:00:00+01:00"'
exits 0 'other codes' fasti --organization north set schedule --id dora --specialty eyes
finds 'another specialty' 'ben anna cora ' --specialty skin
finds 'another specialty, found' 'dora anna emil ' --specialty eyes

# ---- what is wrong ----
wrong 'search for what? Say --specialty CODE, --code CODE, or both'
wrong 'search for what?' "${here[@]}" --within 5
wrong '--code: a code has 1 to 64 bytes' --code "$(printf '%065d' 0)"
wrong '--minutes must be 1 to 1440' --code 57 --minutes 0
wrong '--near: "52.52" is not a latitude and a longitude' --code 57 --near 52.52 --within 5
wrong '--near: "91,0" is not a latitude' --code 57 --near 91,0 --within 5
wrong '--near: "0,180.1" is not a latitude' --code 57 --near 0,180.1 --within 5
wrong '--near: "nan,0" is not a latitude' --code 57 --near nan,0 --within 5
wrong '--near and --within go together' --code 57 "${here[@]}"
wrong '--near and --within go together' --code 57 --within 5
for within in 0 0.0001 -1 20016 5miles m 5k '' 1e999; do
    wrong "--within: \"$within\" is not 1 metre to 20015.2 kilometres" --code 57 "${here[@]}" --within "$within"
done
wrong 'is not SOUTH,WEST,NORTH,EAST' --code 57 --box 53,13,52,14
wrong 'is not SOUTH,WEST,NORTH,EAST' --code 57 --box 52,13,53
wrong '--box and --near do not go together' --code 57 --box 52,13,53,14 "${here[@]}" --within 5
wrong '--order distance: distances are from a point: say --near' --code 57 --order distance
wrong '--order day: distances are from a point' --code 57 --order day --box 52,13,53,14
wrong 'there are: start, distance, day' --code 57 --order name
wrong '--from: "tomorrow" is not a date' --code 57 --from tomorrow
wrong '--to: "2200-01-01" is not a date like 2026-11-24, of the years 2000 to 2199' --code 57 --to 2200-01-01
wrong '--to 2026-03-04 is before --from' --code 57 --from 2026-03-05 --to 2026-03-04
wrong '--to 2026-03-01 is before today' --code 57 --to 2026-03-01
wrong 'at most 400 days, not 401' --code 57 --from 2026-03-03 --to 2027-04-07
wrong '--after: "9:00" is not a time like 09:00' --code 57 --after 9:00
wrong '--before must be later than --after' --code 57 --after 12:00 --before 12:00
wrong '--before must be later than --after' --code 57 --after 24:00
wrong '--weekdays: "someday" is not like mon-fri' --code 57 --weekdays someday
wrong '--limit must be 1 to 100' --code 57 --limit 101
wrong '--limit must be 1 to 100' --code 57 --limit 0
wrong '--starts must be 1 to 16' --code 57 --starts 17
for page in 1 1- -1 1-0 1-x x-1 1-2-3 99999999999999999999-1 1-9999999999 ' 1-1'; do
    wrong "--page: \"$page\" is not what a page before printed" --code 57 --page "$page"
done
wrong 'there is no "loud"' --code 57 --modality loud
wrong '"age" must be 0 to 1800 months' --code 57 --age 1801
exits 2 'an option that is none' search --code 57 --override
exits 2 'an argument' search skin
stop
echo 'passed: codes, places, times, orders, pages, what is wrong'
