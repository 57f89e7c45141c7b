#!/usr/bin/env bash
# test_export.sh - all that a server keeps as lines, and a server made of them that is the same.
#
# Monday 2026-03-02, 13:00 in Berlin. Exits 77 (skipped) where io_uring is denied.
. tests/support/session.sh

# ---- two organizations, made in turn, so that their dense ids are mixed ----
serve_march
a() { fasti --organization alpha "$@"; }
b() { fasti --organization beta "$@"; }
do_ok() { exits 0 "$*" "$@"; }
do_ok fasti create organization --id alpha --name 'Alpha "GmbH" & Söhne'
do_ok fasti create organization --id beta
do_ok b create location --id there --zone Asia/Kathmandu
do_ok a create location --id here --name 'Here, there' --zone Europe/Berlin --latitude 52.5200066 --longitude -13.404954
do_ok a create location --id far --zone Africa/Algiers
do_ok a create practitioner --id dr-a --name 'Dr. A'
do_ok b create service --id visit --minutes 15 --limit-week 20
do_ok a create service --id visit --minutes 20 --buffer-after 10 --notice 2h --limit-day 30 --code 'general, "first"'
do_ok a create service --id long --minutes 90 --grid 30 --offset 15 --modality video,phone
do_ok b create practitioner --id dr-b
do_ok a create schedule --id anna --location here --practitioner dr-a --service visit --service long --language de,en --specialty 'Haut & Haar' --specialty allergy
do_ok b create schedule --id anna --location there --service visit --resolution 15
do_ok a create schedule --id room --location here --service visit --capacity 2 --substitute anna
do_ok b create schedule --id ben --location there --service visit --paused yes
do_ok a create opening --schedule anna --id day --from 08:00 --to 18:00 --weekdays mon-fri
do_ok a create opening --schedule anna --id night --from 22:00 --to 26:00 --weekdays sat --service long --capacity 3
do_ok a create opening --schedule room --id all --from 00:00 --to 24:00 --first 2026-01-01 --last 2027-12-31
do_ok a create opening --schedule anna --id may --rule closed --date 2026-05-01
do_ok a create opening --schedule anna --id june --rule dated --date 2026-06-06 --from 10:00 --to 12:00 --single
do_ok a create opening --schedule anna --id once --rule instant --from 2026-07-04T10:00Z --to 2026-07-04T11:00Z --full
do_ok b create opening --schedule anna --id day --from 07:30 --to 19:00
echo '{"country":"DE","date":"2026-04-03","name":"Good Friday"}' >"$work/holidays"
do_ok a import holidays "$work/holidays" --country DE --all-locations

# ---- records in every state ----
record() { # record COMMAND...: its number; a failure is told on standard error
    exits 0 "$*" "$@" >&2
    sed 's/.*"record":\([0-9]*\).*/\1/' "$work/out"
}
book() { # book ORGANIZATION SCHEDULE START OPTION...
    local organization=$1 schedule=$2 start=$3
    shift 3
    record fasti --json --organization "$organization" book --schedule "$schedule" --service visit --start "$start" --patient "${patient:-p-1}" "$@"
}
book alpha anna 2026-03-03T09:00 --payload 00ff10 >/dev/null
book beta anna 2026-03-03T09:00 >/dev/null
do_ok a cancel "$(book alpha anna 2026-03-03T10:00)" --reason pat-crs
do_ok a move "$(book alpha anna 2026-03-03T11:00)" --schedule anna --service visit --start 2026-03-03T12:00
do_ok a arrive "$(book alpha anna 2026-03-04T09:00)"
do_ok a fulfil "$(book alpha anna 2026-03-04T09:40)"
do_ok b no-show "$(book beta anna 2026-03-04T09:30)"
book alpha anna 2026-03-04T10:20 --request >/dev/null
do_ok a decline "$(book alpha anna 2026-03-04T11:00 --request)"
book alpha anna 2026-03-08T03:00 --by staff --override >/dev/null
book alpha room 2026-03-05T09:00 >/dev/null
patient='ключ' book alpha room 2026-03-05T09:00 >/dev/null
exits 0 'held' a --json hold --schedule anna --service visit --start 2026-03-06T09:00 --seconds 1800
exits 0 'held' a --json hold --schedule anna --service visit --start 2026-03-06T10:00 --seconds 1800
token=$(sed 's/.*"token":"\([0-9a-f]*\)".*/\1/' "$work/out")
do_ok a release "$(sed 's/.*"record":\([0-9]*\).*/\1/' "$work/out")" --token "$token"
exits 0 'held' a --json hold --schedule anna --service visit --start 2026-03-06T11:00 --seconds 1800
token=$(sed 's/.*"token":"\([0-9a-f]*\)".*/\1/' "$work/out")
do_ok a confirm "$(sed 's/.*"record":\([0-9]*\).*/\1/' "$work/out")" --token "$token" --patient p-3
do_ok a book --patient p-4 --service visit --start 2026-03-09T09:00 --item anna --item 'with room'
do_ok a block --schedule anna --start 2026-03-10T00:00 --end 2026-03-12T10:00
do_ok b block --schedule anna --start 2026-03-10T09:00 --end 2026-03-10T12:00 --source feed
echo '{"start":"2026-03-13T09:00","end":"2026-03-13T10:00","key":"a"}' >"$work/busy"
do_ok a import busy "$work/busy" --schedule anna --source feed
echo '{"start":"2026-03-13T09:30","end":"2026-03-13T10:30","key":"a"}' >"$work/busy"
do_ok a import busy "$work/busy" --schedule anna --source feed
exits 1 'taken' a book --schedule anna --service visit --start 2026-03-03T09:00 --patient p-9
do_ok b unblock "$(record fasti --json --organization beta block --schedule ben --start 2026-03-10T09:00 --end 2026-03-10T12:00)"

# ---- the export ----
want=$(digest)
fasti export ndjson >"$work/one" 2>"$work/err"
grep -q "digest $want" "$work/err" || fail 'the digest is told' "$work/err"
exits 0 'to a file' fasti --json export ndjson --out "$work/two"
has 'to a file' '"status":"OK"' "\"digest\":\"$want\"" '"is_whole":true'
cmp "$work/one" "$work/two" || fail 'two exports of one server differ'
[ ! -e "$work/two.part" ] || fail 'a part is left'
exits 2 'lines and an answer on one stream' fasti --json export ndjson
expect 'the code of a service' '"code":"general, \\"first\\"","buffer_after":10' "$work/one"
expect 'the specialties of a schedule' '"specialty":\["Haut & Haar","allergy"\]' "$work/one"
expect 'its head' '^{"kind":"export","format":1}$' "$work/one"
expect 'its end' "\"digest\":\"$want\"}\$" "$work/one"
for state in booked pending held cancelled moved arrived fulfilled no-show declined released; do
    expect "state $state" "\"state\":\"$state\"" "$work/one"
done
exits 0 'one organization' b export ndjson --out "$work/beta"
expect 'one organization' '"of":"beta"' "$work/beta"
! grep -q 'alpha\|Berlin\|digest' "$work/beta" || fail 'another organization is told' "$work/beta"

# ---- into an empty server ----
fresh() { # another server, empty, of the same day
    [ -z "$pid" ] || stop
    rm -rf "$work/data"
    serve_march
}
cp -r "$work/data" "$work/data-source" # for nothing but a look, should this fail
fresh
exits 0 'into an empty one' fasti import ndjson "$work/one"
has 'into an empty one' "the digest is that of the export: $want"
[ "$(digest)" = "$want" ] || fail 'another digest'
fasti export ndjson >"$work/again" 2>"$work/err"
cmp "$work/one" "$work/again" || fail 'the export of the copy differs'
exits 0 'a second time' fasti --json import ndjson "$work/one"
has 'a second time' '"outcome":"UNCHANGED"' '"loaded":0' '"is_same":true'
[ "$(digest)" = "$want" ] || fail 'a second import changes something'
kill_server
serve_march
[ "$(digest)" = "$want" ] || fail 'another digest after a crash'
exits 0 'a look' "$bin/fasti-log" dump "$work/data"
has 'a look' '"effect":"LOAD"' '"state":"booked"'
exits 0 'a snapshot' fasti checkpoint
stop
serve_march
[ "$(digest)" = "$want" ] || fail 'another digest from a snapshot'
# It lives on: what is taken is taken, numbers and sources are known.
exits 1 'taken' a book --schedule anna --service visit --start 2026-03-03T09:00 --patient p-9
exits 0 'free' a book --schedule anna --service visit --start 2026-03-03T10:00 --patient p-9
exits 0 'the feed' a import busy "$work/busy" --schedule anna --source feed
has 'the feed' 'nothing changed'
exits 0 'digest of the data' "$bin/fasti-log" digest "$work/data-source"
has 'digest of the data' "$want"

# ---- through a pipe; beside others ----
fresh
fasti import ndjson - <"$work/one" >"$work/out" || fail 'from standard input' "$work/out"
[ "$(digest)" = "$want" ] || fail 'another digest through a pipe'
fresh
do_ok fasti create organization --id gamma
exits 0 'beside others' fasti import ndjson "$work/beta"
has 'beside others' 'loaded: 4 records'
exits 0 'beside others' b --json list appointments --schedule anna --all --blocks
has 'beside others' '"state":"no-show"' '"kind":"block"'
exits 0 'the rest of it' fasti import ndjson "$work/one"
has 'the rest of it' '4 were there already' 'the server was not empty'
fresh
exits 0 'one of them again' fasti import ndjson "$work/beta"
do_ok b cancel "$(sed -n 's/.*"record":\([0-9]*\),"type":"appointment","state":"booked".*/\1/p' "$work/beta" | head -1)"
exits 2 'a number that is used' fasti import ndjson "$work/one"
has 'a number that is used' '/one:' 'there is another one with its number already' 'import the file again'

# ---- zones are those of the file, whatever this machine's zone files say ----
fresh
zone='"id":"Africa/Algiers","changes":[[946512000'
expect 'a zone' "$(printf '%s' "$zone,3600]]" | sed 's/[][]/\\&/g')" "$work/one"
sed 's/\("id":"Africa.Algiers","changes":..946512000\),3600/\1,7200/' "$work/one" >"$work/moved"
exits 0 'another table' fasti import ndjson "$work/moved"
fasti export ndjson >"$work/again" 2>"$work/err"
grep -qF "$zone,7200]]" "$work/again" || fail 'the zone is not that of the file'

# ---- the example of the manual page is one ----
fresh
sed -n '/^{"kind":"export"/,/^{"kind":"end"/p' tools/JSON.md >"$work/example"
exits 0 'the example of tools/JSON.md' fasti import ndjson "$work/example"
has 'the example of tools/JSON.md' 'loaded: 1 records'

# ---- broken lines: nothing is done ----
fresh
nothing=$(digest)
broken() { # broken WHAT SED TEXT: an export changed by sed is refused with a line and TEXT
    sed "$2" "$work/one" >"$work/broken"
    exits 2 "$1" fasti import ndjson "$work/broken"
    has "$1" 'broken' "$3" 'nothing was imported'
    [ "$(digest)" = "$nothing" ] || fail "$1: something was imported"
}
last=$(wc -l <"$work/one")
broken 'cut off' '$d' 'the export broke off'
broken 'a line less' "$((last - 1))d" "broken:$((last - 1)): the end tells of"
broken 'a line twice' "$((last - 1))p" 'the numbers of the records do not rise'
broken 'no JSON' "$((last - 1))s/.*/{/" "broken:$((last - 1)): not JSON"
broken 'no number' "$((last - 1))s/\"record\":/\"recrod\":/" 'recrod'
broken 'a state' "$((last - 1))s/\"state\":\"[a-z-]*\"/\"state\":\"gone\"/" '"state": there is no "gone"'
broken 'a hold without a token' 's/,"token":"[0-9a-f]*"//' '"token"'
broken 'a time' 's/"start":"2026-03-03T09:00:00+01:00"/"start":"2026-03-03T09:00"/' '"start"'
broken 'no items' "$((last - 1))s/\"items\":.*/\"items\":[]}/" '"items" must be 1 to 64'
broken 'format' '1s/1/2/' 'a format that this version does not know'
broken 'zone' 's/\[\[[0-9-]*,/[["x",/' '"changes": number 1'
broken 'a kind' '4s/"kind":"[a-z]*"/"kind":"appointment"/' 'no lines of kind "appointment"'
broken 'a service that is not there' 's/"service":\["visit","long"\]/"service":["visit","lang"]/' 'lang'

# ---- a record that cannot be: all before it is there, and a run goes on ----
sed "$((last - 1))s/\"schedule\":\"[a-z]*\"/\"schedule\":\"nobody\"/" "$work/one" >"$work/broken"
exits 2 'no such schedule' fasti import ndjson "$work/broken"
has 'no such schedule' "broken:$((last - 1)): there is no schedule \"nobody\""
exits 0 'once more' fasti import ndjson "$work/one"
has 'once more' "the digest is that of the export: $want"
echo 'passed: an export makes the same server again'
