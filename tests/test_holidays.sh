#!/usr/bin/env bash
# test_holidays.sh - public holidays of a country and its regions, closed on the schedules there.
#
# Monday 2026-03-02, 13:00 in Berlin. Exits 77 (skipped) where io_uring is denied. The last part reads
# $FASTI_SHARED/fixtures/ics/Germany_Holidays.ics, and is left out, saying so, where that is absent.
. tests/support/session.sh
holidays=${FASTI_SHARED:-../shared}/fixtures/ics/Germany_Holidays.ics

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"berlin","zone":"Europe/Berlin"}'
    echo '{"kind":"location","id":"munich","zone":"Europe/Berlin"}'
    echo '{"kind":"location","id":"empty","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    for schedule in anna:berlin ben:munich cleo:munich; do
        echo '{"kind":"schedule","id":"'${schedule%:*}'","location":"'${schedule#*:}'","service":"visit"}'
        echo '{"kind":"opening","schedule":"'${schedule%:*}'","id":"day","from":"08:00","to":"12:00"}'
    done
} >"$work/lines"
exits 0 'import' fasti import ndjson "$work/lines"
cat >"$work/days" <<'END'
{"country":"DE","date":"2026-04-03","name":"Good Friday"}
{"country":"DE","date":"2026-04-06","name":"Easter Monday"}
{"country":"DE","region":"BY","date":"2026-06-04","name":"Corpus Christi"}
{"country":"DE","region":"BE","date":"2026-03-09","name":"Women's Day, a day late"}
{"country":"DE","date":"2026-12-25"}
{"country":"DE","date":"2026-12-26"}
{"country":"AT","date":"2026-10-26"}
END
holidays() { fasti import holidays "$work/days" --country DE "$@"; }
opens() { # opens SCHEDULE: the days of a list that are open
    for day in 2026-03-09 2026-04-03 2026-04-06 2026-06-04 2026-10-26 2026-12-25 2026-12-26; do
        fasti --json availability --service visit --schedule "$1" --from $day --days 1 >"$work/day"
        ! grep -q '"reason":"FREE"' "$work/day" || echo -n "${day#2026-} "
    done
}
is_open() { # is_open WHAT SCHEDULE DAYS
    [ "$(opens "$2")" = "$3" ] || fail "$1: $2 opens on $(opens "$2")"
}

# ---- what is wrong ----
line() { # line WHAT LINE TEXT
    printf '%s\n' '{"country":"DE","date":"2026-04-03"}' "$2" >"$work/broken"
    exits 2 "$1" fasti import holidays "$work/broken" --country DE --all-locations
    has "$1" 'broken:2: ' "$3" 'nothing was imported'
}
line 'no JSON' 'DE,,2026-04-03' 'not JSON'
line 'no country' '{"date":"2026-04-03"}' '"country" is missing'
line 'no date' '{"country":"DE"}' '"date" is missing'
line 'another date' '{"country":"DE","date":"3.4.2026"}' 'is not a date'
line 'no such day' '{"country":"AT","date":"2026-02-30"}' 'is not a date'
line 'a name for a code' '{"country":"Germany","date":"2026-04-03"}' 'two capital letters'
line 'all of the code' '{"country":"DE","region":"DE-BY","date":"2026-04-03"}' 'such as BY'
line 'another field' '{"country":"DE","date":"2026-04-03","day":1}' 'no field "day"'
exits 2 'no locations' holidays
has 'no locations' '--location ID, once for each, or --all-locations'
exits 2 'both' holidays --location berlin --all-locations
exits 2 'no such location' holidays --location berlin --location vienna
has 'no such location' 'no location "vienna"'
exits 2 'nobody there' holidays --location empty
has 'nobody there' 'no schedule is at these locations'
exits 2 'a code in small letters' fasti import holidays "$work/days" --country de --all-locations
exits 2 'another country' fasti import holidays "$work/days" --country FR --all-locations
has 'another country' 'has 7 holidays, but none of FR: is the code right?'
is_open 'nothing was imported' anna '03-09 04-03 04-06 06-04 10-26 12-25 12-26 '

# ---- two regions; what somebody set by hand stays; who loses an opening is told of ----
fasti set opening --schedule anna --id duty --rule dated --date 2026-04-06 --from 08:00 --to 12:00 >/dev/null
fasti set opening --schedule ben --id autumn --rule closed --date 2026-10-26 >/dev/null
fasti book --schedule ben --service visit --start 2026-06-04T09:00 --patient p-1 >/dev/null
exits 0 'Berlin' holidays --region BE --location berlin
has 'Berlin' 'imported: 5 days of holidays:DE-BE are closed on 1 schedules'
exits 0 'Bavaria' fasti --json import holidays "$work/days" --country DE --region BY --location munich
has 'Bavaria' '"outcome":"PUBLISHED"' '"source":"holidays:DE-BY"' '"lines":7' '"days":5' '"schedules":2' \
    '"changed":2' '"conflict_count":1' '"patient":"p-1"'
is_open 'Berlin' anna '04-06 06-04 10-26 '
is_open 'Bavaria' ben '03-09 '
is_open 'Bavaria' cleo '03-09 10-26 '
exits 0 'the visit stays' fasti list conflicts
has 'the visit stays' 'Thu 2026-06-04 09:00'
before=$(digest)
exits 0 'again' holidays --region BY --location munich
has 'again' 'nothing changed: 5 days are closed on 2 schedules' 'no opening covers any more: 1 '
exits 0 'again, as JSON' fasti --json import holidays - --country DE --region BE --location berlin <"$work/days"
has 'again, as JSON' '"UNCHANGED"' '"unchanged":1'
[ "$(digest)" = "$before" ] || fail 'an import again changes the state'

# ---- a newer file replaces them as a whole; a region of which it says nothing ----
sed -i '/Corpus Christi/d; s/2026-12-26/2026-12-31/' "$work/days"
exits 0 'newer' holidays --region BY --location munich
has 'newer' 'names no holiday of DE-BY alone: those of all of DE count' 'imported: 4 days of holidays:DE-BY'
hasnt 'newer' 'no opening covers'
is_open 'newer' ben '03-09 06-04 12-26 '
is_open 'another region stays' anna '04-06 06-04 10-26 '

# ---- another country beside it; locations that are not named lose them; an empty file ----
exits 0 'Austria' fasti import holidays "$work/days" --country AT --all-locations
is_open 'Austria' cleo '03-09 06-04 12-26 '
exits 0 'Austria, less' fasti import holidays "$work/days" --country AT --location berlin
is_open 'Austria, less' cleo '03-09 06-04 10-26 12-26 '
exits 0 'none' fasti import holidays /dev/null --country DE --region BY --location munich
is_open 'none' cleo '03-09 04-03 04-06 06-04 10-26 12-25 12-26 '
kill_server
serve_march
is_open 'after a restart' anna '04-06 06-04 '
is_open 'after a restart' ben '03-09 04-03 04-06 06-04 12-25 12-26 '
stop

# ---- a published calendar ----
if [ -f "$holidays" ]; then
    rm -rf "$work/data"
    serve --listen 127.0.0.1:0 --now 2019-01-01T12:00:00Z
    fasti import ndjson "$work/lines" >/dev/null
    awk -v country=DE -f tools/holidays.awk "$holidays" >"$work/published"
    exits 0 'published' fasti --json import holidays "$work/published" --country DE --region BY --location munich
    events=$(grep -c '^DTSTART' "$holidays")
    days=$(grep '^DTSTART' "$holidays" | tr -d '\r' | sort -u | wc -l)
    [ "$(grep -o '"date":"[^"]*"' "$work/published" | sort -u | wc -l)" = "$days" ] || fail 'days are lost' "$work/published"
    has 'published' "\"lines\":$((events + 2))" "\"days\":$days" # one event is of three regions
    fasti import holidays "$work/published" --country DE --region BE --location berlin >/dev/null
    day() { fasti --json availability --service visit --schedule "$1" --from "$2" --days 1 >"$work/out"; }
    day ben 2020-01-06
    has 'Epiphany in Bavaria' '"reason":"CLOSED"'
    day anna 2020-01-06
    has 'Epiphany in Berlin' '"total":12,'
    stop
else
    echo "left out: $holidays is absent"
fi
echo 'passed: holidays of a country and of its regions'
