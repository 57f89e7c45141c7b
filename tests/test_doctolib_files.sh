#!/usr/bin/env bash
# test_doctolib_files.sh - booking pages that are odd or wrong: what is refused, with file, record and
# reason and nothing imported; what is noted; and conditions of all kinds as rules.
#
# All files are made here. Exits 77 (skipped) where jq or io_uring is absent.
. tests/support/session.sh
command -v jq >/dev/null || { echo 'skipped: jq is absent'; exit 77; }

serve_march
export FASTI_ORGANIZATION=practice
file=$work/page.json
cat >"$work/base.json" <<'JSON'
{"data": {
  "profile": {"id": 9, "name_with_title": "Centre", "country": "fr"},
  "visit_motives": [
    {"id": 10, "name": "Consultation", "telehealth": false,
     "new_patient_restrictions": [], "age_referral_restrictions": [], "configurations": null},
    {"id": 11, "name": "Suivi", "telehealth": false,
     "new_patient_restrictions": [], "age_referral_restrictions": [], "configurations": null}],
  "agendas": [
    {"id": 100, "practice_id": 1, "practitioner_id": 5, "visit_motive_ids": [10, 11],
     "visit_motive_ids_by_practice_id": {"1": [10, 11]}, "booking_disabled": false},
    {"id": 101, "practice_id": 2, "practitioner_id": 6, "visit_motive_ids": [11, 10],
     "visit_motive_ids_by_practice_id": {"2": [11, 10]}, "booking_disabled": false}],
  "places": [
    {"id": "practice-1", "name": "Un", "zipcode": "75001", "latitude": 48.86, "longitude": 2.34,
     "practice_ids": [1]},
    {"id": "practice-2", "name": "Deux", "zipcode": "97400", "practice_ids": [2]}],
  "practitioners": [{"id": 5, "name_with_title": "Dr Anna"}, {"id": 6, "name_with_title": "Dr Ben"}]
}}
JSON
page() { jq "$1" "$work/base.json" >"$file"; }
import() { fasti import doctolib "$file" "$@"; }
refuses() { # refuses WHAT TEXT [ARGUMENT...]: the file as it is
    exits 2 "$1" import "${@:3}"
    has "$1" "$file: " "$2" 'nothing was imported'
}
wrong() { # wrong TEXT FILTER: the base file changed so
    page "$2"
    refuses "$2" "$1"
}
notes() { # notes TEXT FILTER: it can be imported, and says so
    page "$2"
    exits 0 "$2" import --dry-run
    has "$2" "note: $1"
}

# ---- as it is ----
page .
exits 0 'the base' import
has 'the base' '9 records created'
exits 0 'a place' fasti show location practice-1
has 'a place' 'Europe/Paris'
exits 0 'a place overseas' fasti show location practice-2
has 'a place overseas' 'Indian/Reunion'
before=$(digest)
exits 0 'by standard input' fasti import doctolib - <"$file"
has 'by standard input' 'nothing changed'
page '.data.visit_motives |= reverse | .data.agendas |= reverse | .data.agendas[].visit_motive_ids_by_practice_id[] |= reverse'
exits 0 'in another order' import
has 'in another order' 'nothing changed'

# ---- no such document ----
: >"$file"
refuses 'an empty file' 'the file is empty'
for text in '[]' '7' '"data"' '{}' '{"data": []}' '{"date": {}}'; do
    printf '%s' "$text" >"$file"
    exits 2 "$text" import
    has "$text" 'nothing was imported'
done
printf '{"data": {"profile": {}}' >"$file"
refuses 'a file that is cut off' 'line 1, column 24: not JSON'
{ cat "$work/base.json"; echo '}'; } >"$file"
refuses 'trailing garbage' 'line 19, column 1: not JSON: end of file expected'
sed 's/"id": 11,/"id": 11, "id": 12,/' "$work/base.json" >"$file"
refuses 'a key twice' 'line 6, column 19: not JSON: duplicate object key'
sed 's/"id": 11,/"id": 99999999999999999999,/' "$work/base.json" >"$file"
refuses 'a number too large' 'line 6, column'
printf '{"data": {"a": "\xff\xfe"}}' >"$file"
refuses 'not UTF-8' 'line 1, column'
printf '{"data": {"a": "\\u0000"}}' >"$file"
refuses 'a NUL' 'line 1, column'
head -c 100000 /dev/zero | tr '\0' '[' >"$file"
refuses 'deep nesting' 'maximum parsing depth'
{ cat "$work/base.json"; head -c 17000000 /dev/zero | tr '\0' ' '; } >"$file"
refuses 'a large file' 'more than 16 MiB: split the file'
exits 2 'no file' fasti import doctolib "$work/nothing"
has 'no file' "$work/nothing: No such file"
exits 2 'a directory' fasti import doctolib "$work"
has 'a directory' 'Is a directory' 'nothing was imported'

# ---- tables and records ----
for table in places practitioners visit_motives agendas; do
    wrong "data.$table is missing" "del(.data.$table)"
    wrong "data.$table is not an array" ".data.$table = {}"
    wrong "$table[0]: is not an object" ".data.$table[0] = 7"
    wrong 'is there twice: take one of them out' ".data.$table += [.data.$table[0]]"
    wrong "at most 4096: split the file" ".data.$table = [range(4097) | {}]"
    wrong "$table[1]: \"id\" is" "del(.data.$table[1].id)"
done
for id in 0 -1 1.5 '"10"' null '[]' true; do
    wrong 'visit_motives[0]: "id" is not a whole number from 1' ".data.visit_motives[0].id = $id"
done
wrong 'places[0]: "id" is not 1 to 64 bytes' '.data.places[0].id = "x" * 65'
wrong 'places[0]: "id" is not 1 to 64 bytes' '.data.places[0].id = ""'
wrong 'practice 1 is there twice' '.data.places[1].practice_ids += [1]'
wrong 'place practice-1: "practice_ids" is not an array' '.data.places[0].practice_ids = 1'
wrong 'place practice-1: "zipcode" is not a text' '.data.places[0].zipcode = 75001'
wrong "the profile's \"country\" is not fr, de or it: say --zone" '.data.profile.country = "at"'
wrong 'profile: is not an object' '.data.profile = 7'
wrong "the profile's \"country\" is not" 'del(.data.profile)'
exits 0 'with a zone' import --zone Europe/Vienna --dry-run
refuses 'an unknown zone' 'location "practice-1"' --zone Europe/Nowhere
wrong 'agenda 100: "practice_id" is missing' 'del(.data.agendas[0].practice_id)'
wrong 'agenda 100: "practitioner_id" is not a whole number' '.data.agendas[0].practitioner_id = "5"'
wrong 'agenda 100: "visit_motive_ids" is not an array' '.data.agendas[0].visit_motive_ids = {}'
wrong 'agenda 100: "visit_motive_ids" is not a whole number' '.data.agendas[0].visit_motive_ids_by_practice_id = {"1": ["10"]}'
for map in '[1]' '7' '{"x": [10]}' '{"01": [10]}' '{"1": 10}' '{"9999999999999999999": [10]}'; do
    wrong 'agenda 100: "visit_motive_ids_by_practice_id" is not' ".data.agendas[0].visit_motive_ids_by_practice_id = $map"
done
for flag in booking_disabled booking_temporary_disabled anonymous hide_practitioner equipment_agendas_required; do
    wrong "agenda 100: \"$flag\" is not true or false" ".data.agendas[0].$flag = \"yes\""
done
wrong 'visit motive 10: "telehealth" is not true or false' '.data.visit_motives[0].telehealth = 0'
for minutes in 0 1441 1.5 '"15"'; do
    wrong 'visit motive 10: "duration" is not a whole number of minutes, 1 to 1440' ".data.visit_motives[0].duration = $minutes"
done
many='.data.visit_motives += [range(200; 263) | {id: ., name: "m"}]'
wrong 'agenda 100: offers more than 64 visit motives' "$many | .data.agendas[0].visit_motive_ids_by_practice_id[\"1\"] = [10, 11, range(200; 263)]"
page "$many | .data.agendas[0].visit_motive_ids_by_practice_id[\"1\"] = [10, range(200; 263), 10]"
exits 0 '64 of them, one twice' import --dry-run
for list in new_patient_restrictions age_referral_restrictions configurations; do
    wrong "visit motive 10: \"$list\" is not an array" ".data.visit_motives[0].$list = {}"
    wrong "visit motive 10: \"$list\" is not all objects" ".data.visit_motives[0].$list = [7]"
done
wrong 'visit motive 10: "agenda_ids" is not an array' '.data.visit_motives[0].new_patient_restrictions = [{agenda_ids: 100}]'
wrong 'visit motive 10: "agenda_ids" is not a whole number' '.data.visit_motives[0].new_patient_restrictions = [{agenda_ids: [null]}]'
age() { printf '.data.visit_motives[0].age_referral_restrictions = [{insurance_sector: "all", agenda_ids: [100, 101], age: {operator: "%s", age: %s, unit: "%s"}}]' "$@"; }
for number in -1 151 1.5 '"3"' null; do
    wrong 'visit motive 10: an age is not a whole number of 0 to 1800 months' "$(age lt "$number" years)"
done
wrong 'visit motive 10: an age is not' "$(age gt 150 years)"
exits 2 'a length' import --minutes 1441
has 'a length' '--minutes must be 1 to 1440'
[ "$(digest)" = "$before" ] || fail 'a file that was refused changed something'

# ---- what is noted ----
notes 'agenda 100: visit motive 99 is not in the file: it is not offered' '.data.agendas[0].visit_motive_ids_by_practice_id["1"] += [99]'
notes 'agenda 100: practitioner 99 is not in the file' '.data.agendas[0].practitioner_id = 99'
notes 'agenda 100: speciality 7 is not in "specialities"' '.data.agendas[0].speciality_id = 7'
notes 'speciality 7: "slug" is not 1 to' '.data.specialities = [{id: 7, slug: 7}]'
wrong 'agenda 100: "speciality_id"' '.data.agendas[0].speciality_id = "7"'
wrong 'visit motive 10: "ref_visit_motive_id"' '.data.visit_motives[0].ref_visit_motive_id = -1'
wrong 'data.specialities is not an array' '.data.specialities = {}'
wrong 'speciality 7 is there twice' '.data.specialities = [{id: 7, slug: "a"}, {id: 7, slug: "b"}]'
notes 'agenda 100: practice 3 is in no place: location practice-3 is made' '.data.agendas[0] += {practice_id: 3, visit_motive_ids_by_practice_id: {"3": [10]}}'
page '.data.places[0].practice_ids = []'
exits 0 'a practice by the name of a place' import --dry-run
hasnt 'a practice by the name of a place' 'is in no place'
notes 'agenda 100: practice 1 has no visit motives' '.data.agendas[0].visit_motive_ids_by_practice_id = {"2": [10]}'
notes 'agenda 100: is at 2 practices: a schedule each' '.data.agendas[0].visit_motive_ids_by_practice_id["2"] = [10]'
notes 'agenda 100: anonymous: the schedule has no name' '.data.agendas[0].anonymous = true'
notes 'agenda 100: equipment_agendas_required' '.data.agendas[0].equipment_agendas_required = true'
notes 'agenda 100: visit motive 99, for doctors alone' '.data.agendas[0].visit_motive_ids_only_for_doctors = [99]'
notes 'place practice-1: no practice is here' '.data.places[0].practice_ids = []'
notes 'place practice-1: latitude and longitude are not degrees' '.data.places[0].latitude = 90.1'
notes 'place practice-1: latitude and longitude are not degrees' '.data.places[0].longitude = null'
notes 'place practice-1: "name" has 200 bytes: cut to 128' '.data.places[0].name = "é" * 100'
notes 'visit motive 10: "name" is not plain text' '.data.visit_motives[0].name = "a\nb"'
notes 'visit motive 10: "name" is not plain text' '.data.visit_motives[0].name = 7'
notes 'visit motive 10: "vaccination_days_range"' '.data.visit_motives[0].vaccination_days_range = 42'
notes 'visit motive 10: "first_shot_motive"' '.data.visit_motives[0].first_shot_motive = true'
notes 'profile: bookable_on_request_enabled' '.data.profile.bookable_on_request_enabled = true'
notes 'visit motive 10: a condition'"'"'s "insurance_sector" is none of all, public, private' '.data.visit_motives[0].new_patient_restrictions = [{insurance_sector: "self"}]'
notes 'visit motive 10: at agenda 100: new patients of the public sector alone' '.data.visit_motives[0].new_patient_restrictions = [{insurance_sector: "public", agenda_ids: [100]}]'
notes 'visit motive 10: at agenda 100: ages differ by sector' "$(age lt 3 years) | .data.visit_motives[0].age_referral_restrictions[0].insurance_sector = \"private\""
notes 'visit motive 10: an age is not lt' "$(age eq 3 years)"
notes 'visit motive 10: an age is not lt' "$(age lt 3 weeks)"
notes 'visit motive 10: an age is not lt' '.data.visit_motives[0].age_referral_restrictions = [{}]'
notes 'visit motive 10: nobody may book it at agenda 100' "$(age gte 0 years)"
notes 'visit motive 10: no age may book it at agenda 100' "$(age lt 18 years) | .data.visit_motives[0].age_referral_restrictions += [{agenda_ids: [100], age: {operator: \"gte\", age: 18, unit: \"years\"}}]"
notes 'visit motive 10: at agenda 100: online_booking_status is not enabled_for_all' '.data.visit_motives[0].configurations = [{insurance: "all", agenda_id: 100, online_booking_status: "enabled_for_some"}]'
page '.data.agendas[1].colour = "red" | .data.visit_motives[1].new_patient_restrictions = [{note: "x"}]'
exits 0 'unknown fields' fasti --json import doctolib "$file" --dry-run
has 'unknown fields' '{"record":"agenda","field":"colour","count":1,"of":["agenda 101"]}' \
    '{"record":"restriction","field":"note","count":1,"of":["visit motive 11"]}'
page '.data.places[0] += ([range(200) | {key: "k\(.)", value: 1}] | from_entries)'
exits 0 'many unknown fields' import --dry-run
has 'many unknown fields' 'k60 (1)' '(others) ('

# ---- conditions as rules ----
rule() { # rule SERVICE TEXT FILTER: what the dry run says of the service; no TEXT: nothing
    page "$3"
    exits 0 "$3" import --dry-run
    sed -n "s/^service $1: modality in-person,phone,home *//p" "$work/out" >"$work/rule"
    [ "$(cat "$work/rule")" = "$2" ] || fail "$3: service $1 has other rules" "$work/out"
}
rule 10 '' .
rule 10 'patients known' '.data.visit_motives[0].new_patient_restrictions = [{}]'
rule 10 'patients known' '.data.visit_motives[0].allow_new_patients = false'
rule 10 'patients known' '.data.visit_motives[0].new_patient_restrictions = [{insurance_sector: ("public", "private"), agenda_ids: [100, 101, 7]}]'
rule 10 'age_min 3y' "$(age lt 3 years)"
rule 10 'age_min 4y' "$(age lte 3 years)"
rule 10 'age_max 18y' "$(age gte 18 years)"
rule 10 'age_max 19y' "$(age gt 18 years)"
rule 10 'age_min 6m' "$(age lt 6 months)"
rule 10 'sector private' '.data.visit_motives[0].configurations = [(100, 101) | {insurance: "public", agenda_id: ., disabled: true}, {insurance: "private", agenda_id: ., online_booking_status: "enabled_for_all"}]'
rule 10 'sector private patients known' '.data.visit_motives[0] += {configurations: [(100, 101) | {insurance: "private", agenda_id: .}], new_patient_restrictions: [{insurance_sector: "private"}]}'
rule 10 'audience referrer' '.data.agendas[].visit_motive_ids_only_for_doctors = [10]'
split='.data.visit_motives[0].new_patient_restrictions = [{insurance_sector: "all", agenda_ids: [101]}]'
rule 10 '' "$split"
rule 10@101 'patients known' "$split"
has 'split' 'note: visit motive 10: agenda 101 asks for other patients than others do: there it is service 10@101'
page '.data.visit_motives[0].telehealth = true'
exits 0 'by video' import --dry-run
has 'by video' 'service 10: modality video'

# ---- and imported ----
page "$split | .data.agendas[0].booking_disabled = true | .data.agendas[1].visit_motive_ids_by_practice_id[\"1\"] = [10] | .data.visit_motives[1].duration = 7"
exits 0 'all of it' import
exits 0 'schedules' fasti --json list schedules
has 'schedules' '"id":"100","name":"Dr Anna","location":"practice-1","practitioner":"5","resolution":1,"service":["10","11"],"paused":true' \
    '"id":"101@1","name":"Dr Ben","location":"practice-1","practitioner":"6","resolution":5,"service":["10@101"]' \
    '"id":"101","name":"Dr Ben","location":"practice-2","practitioner":"6","resolution":1,"service":["10@101","11"]'
exits 0 'again' import
has 'again' 'nothing changed'
page .
exits 0 'back again' import
exits 0 'bookable again' fasti --json show schedule 100
hasnt 'bookable again' 'paused'
page '.data.places[0].name = "Ailleurs" | .data.agendas[0].practice_id = 4 | .data.agendas[0].visit_motive_ids_by_practice_id = {"4": [10]}'
exits 0 'a place by hand' fasti create location --id practice-4 --name Quatre --zone Europe/Rome
exits 0 'what is there is not guessed' import
exits 0 'the place by hand' fasti show location practice-4
has 'the place by hand' 'Quatre' 'Europe/Rome'

# All or nothing: the last put is refused, so the first one is not there.
exits 0 'an opening of a service' fasti create opening --schedule 101 --id x --from 08:00 --to 09:00 --service 11
before=$(digest)
page '.data.places[0].name = "Nulle part" | .data.agendas[1].visit_motive_ids_by_practice_id = {"2": [10]}'
exits 2 'a service that an opening needs' import
has 'a service that an opening needs' 'nothing was imported' "$file"
[ "$(digest)" = "$before" ] || fail 'half of an import is there'
stop
echo 'passed: odd and wrong booking pages are refused or noted, and conditions are rules'
