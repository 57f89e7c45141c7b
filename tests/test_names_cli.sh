#!/usr/bin/env bash
# test_names_cli.sh - who is called so, and where? Two organizations with the same names.
. tests/support/session.sh

names() { # names WHAT 'ID ID ' OPTION...: these, in this order
    exits 0 "$1" fasti --organization north --json names "${@:3}"
    local ids
    ids=$(sed 's/"kind":"/\n&/g' "$work/out" | sed -n 's/^"kind":"[a-z]*","id":"\([a-z0-9-]*\)".*/\1/p' | tr '\n' ' ')
    [ "$ids" = "$2" ] || fail "$1: $ids, not $2" "$work/out"
}
wrong() { # wrong TEXT OPTION...: refused with a sentence
    exits 2 "${*:2}" fasti --organization north names "${@:2}"
    has "${*:2}" "$1"
    exits 2 "${*:2}" fasti --organization north --json names "${@:2}"
    has "${*:2}" '{"error":{"status":"'
}

serve_march
{
    echo '{"kind":"organization","id":"north"}'
    echo '{"kind":"location","id":"markt","name":"Praxis Müller am Markt","zone":"Europe/Berlin","latitude":52.52,"longitude":13.405}'
    echo '{"kind":"location","id":"video","name":"Vidéo","zone":"Europe/Berlin"}'
    echo '{"kind":"practitioner","id":"joerg","name":"Dr. Jörg Müller"}'
    echo '{"kind":"practitioner","id":"anna","name":"Anna Muller-Weiß"}'
    echo '{"kind":"practitioner","id":"francois","name":"François"}'
    echo '{"kind":"practitioner","id":"muellerin","name":"Änne Müllerin"}'
    echo '{"kind":"service","id":"visit","name":"Größe messen","minutes":20}'
    echo '{"kind":"schedule","id":"one","location":"markt","practitioner":"joerg","service":"visit"}'
    echo '{"kind":"schedule","id":"two","location":"video","practitioner":"anna","service":"visit"}'
} | fasti --organization north import ndjson - >/dev/null
{
    echo '{"kind":"organization","id":"south"}'
    echo '{"kind":"practitioner","id":"other","name":"Dr. Jörg Müller"}'
} | fasti --organization south import ndjson - >/dev/null

for text in Muller MÜLLER müller; do
    names "$text" 'anna joerg markt muellerin ' "$text"
done
names 'spelled' 'joerg markt muellerin ' mueller # who writes Muller is not meant
names 'whole words' 'joerg ' müller jörg
names 'joerg' 'joerg ' joerg
names 'francois' 'francois ' francois
names 'ss' 'anna ' WEISS
names 'one argument' 'anna ' 'weiss anna mul'
names 'practitioners' 'anna joerg muellerin ' --kind practitioner muller
names 'places and services' 'visit ' --kind location --kind service gross
names 'nobody' '' mullers
exits 0 'the other organization' fasti --organization south --json names muller
has 'the other organization' '"total":1,' '"id":"other","name":"Dr. Jörg Müller","whole":true,"schedule":null,"location":null,"location_name":null,"latitude":null'
exits 0 'JSON' fasti --organization north --json names jorg
has 'JSON' '{"organization":"north","text":"jorg","total":1,"count":1,"more":false,"page":null,"as_of":' \
    '"results":[{"kind":"practitioner","id":"joerg","name":"Dr. Jörg Müller","whole":true,"schedule":"one","location":"markt","location_name":"Praxis Müller am Markt","latitude":52.5'
exits 0 'text' fasti --organization north names mull
cat >"$work/table" <<'TABLE'
name                    kind          id         schedule  location                where
Anna Muller-Weiß        practitioner  anna       two       Vidéo
Änne Müllerin           practitioner  muellerin
Dr. Jörg Müller         practitioner  joerg      one       Praxis Müller am Markt  52.5200,13.4050
Praxis Müller am Markt  location      markt                Praxis Müller am Markt  52.5200,13.4050
4 of 4
TABLE
diff "$work/table" "$work/out" || fail 'text: the table' "$work/out"
exits 0 'nobody, in words' fasti --organization north names mullers
has 'nobody, in words' 'none: nobody and no place is called so'

# ---- pages, and edits between them ----
exits 0 'a page' fasti --organization north names --limit 1 mull
has 'a page' '1 of 4' 'and more: the same with --page 1-practitioner-2-Anna%20Muller-Wei%C3%9F'
fasti --organization north set practitioner --id anna --name 'Berta' >/dev/null
names 'the page behind it' 'muellerin joerg ' --limit 2 --page 1-practitioner-2-Anna%20Muller-Wei%C3%9F mull
kill_server
serve_march
names 'after kill -9' 'muellerin joerg markt ' mull
names 'another name' 'anna ' berta
exits 0 'behind the last' fasti --organization north names --page 8-service-1-z mull
has 'behind the last' 'none: no other one is called so'

# ---- what is wrong ----
wrong 'at least one letter or digit' -- -.-
wrong 'at most 8 words, not 9' 1 2 3 4 5 6 7 8 9
wrong 'a name has at most 128 bytes' "$(printf '%0129d' 0)"
wrong 'a name is UTF-8 without control characters' $'a\nb'
exits 2 'bytes that are no text' fasti --organization north names $'a\xff'
has 'bytes that are no text' 'the text is not UTF-8'
wrong '--kind: there is no "doctor"; there are: location, practitioner, service' --kind doctor a
wrong '--limit must be 1 to 100' --limit 101 a
wrong '--limit must be 1 to 100' --limit 0 a
for page in 1 1- x-location-1-a 0-doctor-1-a 0-location-0-a 0-location-1 9-location-1-a 0-location-1-%4 0-location-1-%0A 0-location-4294967296-a; do
    wrong "is not what a page before printed" --page "$page" a
done
exits 2 'no text' fasti --organization north names
exits 2 'no organization' fasti names a
has 'no organization' 'which organization?'
stop
echo 'passed: umlauts, accents, kinds, organizations, pages, what is wrong'
