#!/usr/bin/env bash
# test_recorded.sh - slots that two products answered, through their maps and an import: availability
# has exactly those starts, of those lengths, and no other.
#
# Reads $FASTI_SHARED/fixtures/ordoclic and maiia; exits 77 (skipped) where one, jq or io_uring is
# absent. What is expected is read from the files a second time, without the maps.
. tests/support/session.sh
fixtures=${FASTI_SHARED:-../shared}/fixtures
ordoclic=$fixtures/ordoclic/full_slots.json
maiia=$fixtures/maiia/availabilities.json
for file in "$ordoclic" "$maiia"; do
    [ -f "$file" ] || { echo "skipped: $file is absent"; exit 77; }
done
command -v jq >/dev/null || { echo 'skipped: jq is absent'; exit 77; }

values() { # values NAME FILE: of each "NAME":"VALUE" of the file, without fractions of a second
    grep -o "\"$1\": *\"[^\"]*\"" "$2" | sed 's/.*"\([^"]*\)"$/\1/; s/\.[0-9]*Z$/Z/'
}
seconds() { date -u -f - +%s; } # of the instants on standard input
expected() { # expected START END FILE: "SECONDS MINUTES" of each slot, sorted; each of them once
    paste -d ' ' <(values "$1" "$3" | seconds) <(values "$2" "$3" | seconds) |
        awk '{ print $1, ($2 - $1) / 60 }' | sort >"$work/expected"
    [ "$(wc -l <"$work/expected")" = "$(uniq <"$work/expected" | wc -l)" ] || fail "$3 has a slot twice"
}
same() { # same WHAT COUNT FIRST DAYS SERVICE: availability has what is expected
    fasti --json availability --service "$5" --from "$3" --days "$4" >"$work/all"
    expect "$1" "\"total\":$2," "$work/all"
    grep -o '"start":"[^"]*","minutes":[0-9]*' "$work/all" >"$work/starts"
    paste -d ' ' <(sed 's/.*"start":"\([^"]*\)".*/\1/' "$work/starts" | seconds) \
        <(sed 's/.*://' "$work/starts") | sort >"$work/found"
    diff "$work/expected" "$work/found" >"$work/out" || fail "$1: other starts" "$work/out"
    [ "$(wc -l <"$work/found")" = "$2" ] || fail "$1: not $2 starts" "$work/found"
}
map() { # map NAME FILE ARGUMENT...
    jq -rc "${@:3}" -f "tools/$1.jq" "$2" >"$work/$1" || fail "the map of $1"
}

# ---- ordoclic: 42 slots that share two rules ----
serve --listen 127.0.0.1:0 --now 2021-04-15T12:00:00Z
export FASTI_ORGANIZATION=france
map ordoclic "$ordoclic" --arg location cabinet
exits 0 'ordoclic' fasti import ndjson "$work/ordoclic"
service=$(sed -n 's/.*"kind":"service","id":"\([^"]*\)".*/\1/p' "$work/ordoclic")
expected timeStart timeEnd "$ordoclic"
same 'ordoclic' 42 2021-04-10 30 "$service"
exits 0 'ordoclic, again' fasti import ndjson "$work/ordoclic"
has 'ordoclic, again' 'nothing changed'
# A slot is booked whole: 45 minutes, though the service's visits have 30.
schedule=$(sed -n 's/.*"kind":"schedule","id":"\([^"]*\)".*/\1/p' "$work/ordoclic")
exits 0 'a slot' fasti book --schedule "$schedule" --service "$service" --start 2021-04-21T07:45:00Z --patient p
has 'a slot' '45 min'
grep -v "^$(date -u -d 2021-04-21T07:45:00Z +%s) " "$work/expected" >"$work/left"
mv "$work/left" "$work/expected"
same 'ordoclic, one booked' 41 2021-04-10 30 "$service"

# ---- maiia: 798 starts, five minutes each ----
map maiia "$maiia" --arg zone Europe/Paris
exits 0 'maiia' fasti --organization maiia import ndjson "$work/maiia"
service=$(sed -n 's/.*"kind":"service","id":"\([^"]*\)".*/\1/p' "$work/maiia")
export FASTI_ORGANIZATION=maiia
expected startDateTime endDateTime "$maiia"
same 'maiia' 798 2021-05-01 40 "$service"
same 'maiia, its days' 798 2021-05-13 16 "$service"

kill_server
serve --listen 127.0.0.1:0 --now 2021-04-15T12:00:00Z
same 'maiia, after a restart' 798 2021-05-13 16 "$service"

# ---- and out again, into a server that is empty ----
digest() { env -u FASTI_ORGANIZATION "$bin/fasti" --server "unix:$work/s" --json status | grep -o '"digest":"[^"]*"'; }
before=$(digest)
exits 0 'export' env -u FASTI_ORGANIZATION "$bin/fasti" --server "unix:$work/s" export ndjson --out "$work/export"
stop
mv "$work/data" "$work/first"
serve --listen 127.0.0.1:0 --now 2021-04-15T12:00:00Z
exits 0 'import of the export' env -u FASTI_ORGANIZATION "$bin/fasti" --server "unix:$work/s" import ndjson "$work/export"
[ "$(digest)" = "$before" ] || fail "another digest: $(digest), not $before"
same 'maiia, elsewhere' 798 2021-05-13 16 "$service"
stop
echo 'passed: 42 slots of ordoclic and 798 starts of maiia, and no other, there and elsewhere'
