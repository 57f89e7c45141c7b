#!/usr/bin/env bash
# test_publication.sh - a publication again, a newer one, a refused one, one cut short by kill -9.
#
# Reads $FASTI_SHARED/fixtures/smart-scheduling; changed copies of it live in this session's folder
# only. Exits 77 (skipped) where it or io_uring is absent.
. tests/support/session.sh
need_feed

minutes=15
import() { # import ORGANIZATION DIR [OPTION...]: visits of $minutes
    fasti --json --organization "$1" import smart "$2" --zone America/New_York --minutes "$minutes" "${@:3}"
}
check() { # check WHAT ORGANIZATION DIR
    "$bin/check_feed" "unix:$work/s" "$2" "$3" America/New_York "$minutes" >"$work/check" 2>&1 ||
        fail "$1" "$work/check"
}
says() { # says WHAT PATTERN: of the last command
    expect "$1" "$2" "$work/out"
}
same() { # same WHAT DIGEST
    local now
    now=$(digest)
    [ "$now" = "$2" ] || fail "$1: the digest was $2 and is $now" "$work/out"
}
no_such() { # no_such WHAT ORGANIZATION
    fasti --json list organizations >"$work/organizations"
    ! grep -q "\"id\":\"$2\"" "$work/organizations" || fail "$1: $2 is there" "$work/organizations"
}
ask() {
    fasti --organization riteaid availability --service covid19-immunization --from 2023-03-24 \
        --days 14 "$@"
}

# A large publication of our own: one slot on each schedule.
large() { # large FOLDER SCHEDULES
    mkdir -p "$work/$1"
    awk -v count="$2" 'BEGIN { for (i = 1; i <= count; i++) {
        printf "{\"resourceType\":\"Location\",\"id\":\"%d\"}\n", i
        printf "{\"resourceType\":\"Schedule\",\"id\":\"%d\",\"serviceType\":[{\"coding\":[{\"code\":\"dose\"}]}],\"actor\":[{\"reference\":\"Location/%d\"}]}\n", i, i
        printf "{\"resourceType\":\"Slot\",\"id\":\"%d\",\"schedule\":{\"reference\":\"Schedule/%d\"},\"status\":\"free\",\"start\":\"2023-04-03T09:00:00-04:00\",\"end\":\"2023-04-03T12:00:00-04:00\"}\n", i, i
    } }' >"$work/$1/all.ndjson"
}
until_staging() { # waits until an import in the background has staged a tenth
    for _ in $(seq 1500); do
        ! grep -q '^import: ' "$work/progress" || return 0
        sleep 0.02
    done
    fail 'no progress was shown' "$work/progress"
}

start
empty=$(digest)

# ---- refused: nothing is there, not even the organization or the zone ----
mkdir "$work/torn"
cp "$feed"/*.ndjson "$work/torn"
chmod u+w "$work/torn"/*
truncate -s -100 "$work/torn/riteaid-slots-NJ.ndjson"
exits 2 'a bad line' import riteaid "$work/torn"
says 'the place of a bad line' 'riteaid-slots-NJ.ndjson:1542: not JSON'
says 'what became of it' 'nothing was imported'
exits 0 'bad lines passed over' import riteaid "$work/torn" --skip-bad-lines --dry-run
says 'bad lines are counted' '"kind":"LINE_BAD","count":1,"file":"riteaid-slots-NJ.ndjson","line":1542'
exits 2 'an unknown zone' fasti --organization riteaid import smart "$feed" --zone Europe/Atlantis \
    --minutes 15
says 'an unknown zone' 'Europe/Atlantis is not in'
same 'refused imports' "$empty"
no_such 'refused imports' riteaid

# ---- cut short: by kill -9 of the server, kill -9 of the client, Ctrl-C ----
large large 4000
begin_large() {
    : >"$work/progress"
    "$bin/fasti" --server "unix:$work/s" --organization large import smart "$work/large" \
        --zone America/New_York --minutes 15 >"$work/out" 2>"$work/progress" &
}
rc=0
begin_large
importer=$!
until_staging
kill_server
wait "$importer" || rc=$?
[ $rc = 3 ] || fail "an import whose server dies exits $rc, not 3" "$work/progress"
expect 'what became of it' 'nothing was imported' "$work/progress"
start
expect 'staged effects are read again' 'recovered: [1-9]' "$work/log"
same 'killed in the middle of an import' "$empty"
no_such 'killed in the middle of an import' large
begin_large
importer=$!
until_staging
kill -KILL "$importer"
wait "$importer" 2>/dev/null || true
same 'an importer killed' "$empty"
no_such 'an importer killed' large
rc=0
begin_large
importer=$!
until_staging
kill -INT "$importer"
wait "$importer" || rc=$?
[ $rc = 3 ] || fail "an interrupted import exits $rc, not 3" "$work/progress"
expect 'interrupted' 'interrupted: nothing was imported' "$work/progress"
same 'interrupted' "$empty"
exits 0 'the same import again' import large "$work/large"
says 'the same import again' '"outcome":"PUBLISHED".*"spans":4000,.*"created":8002,"changed":4000'
large=$(digest)
kill_server
start
same 'published, then killed' "$large"
check 'a large publication after kill -9' large "$work/large"

# ---- the report ----
exits 0 'the first import' import riteaid "$feed"
says 'the report' '"outcome":"PUBLISHED"'
says 'what was read' '"files":4,"lines":1767,"locations":112,"schedules":112,"services":1,"spans":1542'
says 'capacity is kept' '"capacity_kept":1430'
says 'places for more than fit' '"crowded_count":235,.*"crowded":\[{"file":"riteaid-slots-NJ.ndjson","line":924,"places":33,"fitting":32}'
says 'busy spans and days' '"full_spans":112,"full_days":112'
says 'repeated ids' '"kind":"SLOT_ID_REPEATS","count":1430,"file":"riteaid-slots-NJ.ndjson","line":2'
says 'no places' '"kind":"CAPACITY_ZERO","count":112,"file":"riteaid-slots-NJ.ndjson","line":1'
says 'busy' '"kind":"SLOT_BUSY","count":112,"file":"riteaid-slots-NJ.ndjson","line":1'
says 'offsets' '"kind":"OFFSET_DIFFERS","count":1542,"file":"riteaid-slots-NJ.ndjson","line":1'
says 'offsets' '"offsets":\[{"offset":"-05:00","count":1542}\]'
first=$(digest)

# ---- again, under other names, with another manifest ----
exits 0 'a repeat' import riteaid "$feed"
says 'a repeat' '"outcome":"UNCHANGED".*"created":0,"changed":0,"unchanged":337,"conflict_count":0'
same 'a repeat' "$first"
mkdir "$work/renamed"
tac "$feed/riteaid-slots-NJ.ndjson" >"$work/renamed/locations.ndjson"
cat "$feed/riteaid-schedules-NJ.ndjson" "$feed/riteaid-locations-NJ.ndjson" >"$work/renamed/slots.json"
mkfifo "$work/hush"
"$bin/check_silence" "$work/port" <"$work/hush" 2>"$work/called" &
silence=$!
exec 9>"$work/hush"
for _ in $(seq 100); do [ ! -s "$work/port" ] || break; sleep 0.1; done
sed "s,https://[a-z.]*/,http://127.0.0.1:$(cat "$work/port")/,g" \
    "$feed/riteaid-vaccine-provider-bulk-publish.json" >"$work/renamed/manifest.json"
grep -q 'http://127.0.0.1:[1-9]' "$work/renamed/manifest.json" || fail 'the manifest names no listener'
exits 0 'other names' import riteaid "$work/renamed"
exec 9>&-
wait "$silence" || fail 'a URL of the manifest was fetched' "$work/called"
says 'other names' '"outcome":"UNCHANGED",.*"unchanged":337'
same 'other names' "$first"

# ---- other minutes: services and resolutions change together, unless time is held ----
book() { # book START
    fasti --json --organization riteaid book --schedule 116 --service covid19-immunization \
        --patient p-1 --start "$1"
}
exits 0 'a booking that holds its schedule' book 2023-03-27T09:00:00-04:00
held=$(sed 's/.*"record":\([0-9]*\),.*/\1/;q' "$work/out")
before=$(digest)
minutes=20
exits 2 'ticks of other minutes' import riteaid "$feed"
says 'ticks of other minutes' "riteaid-schedules-NJ.ndjson:[0-9]*: schedule .*116.* has time taken on 2023-03-27.*; nothing was imported"
same 'ticks of other minutes' "$before"
cat >"$work/lines" <<'END'
{"kind":"location","id":"far","zone":"Asia/Tokyo"}
{"kind":"practitioner","id":"innocent"}
{"kind":"service","id":"alpha","minutes":20}
{"kind":"service","id":"covid19-immunization","minutes":33}
{"kind":"service","id":"zulu","minutes":20}
END
exits 2 'a service that fits no more' fasti --organization riteaid import ndjson "$work/lines"
says 'its line, though a zone came with another' \
    'lines:4: service "covid19-immunization": the duration .*; nothing was imported'
same 'a service that fits no more' "$before"
exits 0 'cancelling' fasti --organization riteaid cancel "$held"
for minutes in 20 7 15; do
    exits 0 "visits of $minutes minutes" import riteaid "$feed"
    check "every start of $minutes minutes" riteaid "$feed"
done

# ---- rules are not of the publication: the next one leaves them ----
fasti --organization riteaid set schedule --id 116 --capacity 2 --language es --substitute 117 --specialty pharmacy >"$work/out"
fasti --organization riteaid set service --id covid19-immunization --age-min 6m --code 57 >"$work/out"
exits 0 'an import over rules' import riteaid "$feed"
says 'an import over rules' '"outcome":"UNCHANGED"'
exits 0 'a schedule keeps its rules' fasti --json --organization riteaid show schedule 116
says 'a schedule keeps its rules' '"capacity":2,"language":\["es"\],"substitute":"117","specialty":\["pharmacy"\]'
exits 0 'a service keeps its rules' fasti --json --organization riteaid show service covid19-immunization
says 'a service keeps its rules' '"code":"57","age_min":6'
fasti --organization riteaid set schedule --id 116 --capacity 0 --language any --substitute '' --specialty '' >"$work/out"
fasti --organization riteaid set service --id covid19-immunization --age-min 0 --code covid19-immunization >"$work/out"

# ---- a newer publication ----
exits 0 'a booking that the newer one leaves alone' book 2023-03-27T09:00:00-04:00
kept=$(sed 's/.*"record":\([0-9]*\),.*/\1/;q' "$work/out")
exits 0 'a booking that loses its opening' book 2023-03-25T10:00:00-04:00
lost=$(sed 's/.*"record":\([0-9]*\),.*/\1/;q' "$work/out")
# 116 loses 25 March, 135 has no slots any more, 149 is gone altogether, one day of 219 is full, one
# of 220 closes earlier, one of 236 is one visit of 20 minutes, finer than the resolution so far.
mkdir "$work/newer"
grep -v '"id":"149"' "$feed/riteaid-schedules-NJ.ndjson" >"$work/newer/b.ndjson"
cp "$feed/riteaid-locations-NJ.ndjson" "$work/newer/a.ndjson"
grep -v '"Schedule/\(135\|149\)"\|"Schedule/116".*"start":"2023-03-25' \
    "$feed/riteaid-slots-NJ.ndjson" >"$work/newer/kept"
sed -e '/"Schedule\/219".*"start":"2023-03-28/s/"valueInteger":[0-9]*/"valueInteger":0/' \
    -e '/"Schedule\/220".*"start":"2023-03-29/s/"end":"2023-03-29T[0-9]*/"end":"2023-03-29T14/' \
    -e '/"Schedule\/236".*"start":"2023-03-30/s/T[0-9][0-9]:[0-9][0-9]:00-05:00","end":"2023-03-30T[0-9][0-9]:[0-9][0-9]/T09:10:00-05:00","end":"2023-03-30T09:30/' \
    "$work/newer/kept" >"$work/newer/c.ndjson"
rm "$work/newer/kept"
exits 0 'a newer publication' import riteaid "$work/newer"
says 'a newer publication' '"outcome":"PUBLISHED".*"created":0'
says 'appointments that lost their opening' '"conflict_count":1,'
says 'which one' "\"conflicts\":\\[{\"record\":$lost,.*\"schedule\":\"116\".*\"start\":\"2023-03-25T10:00:00-04:00\""
newer=$(digest)
fasti --json --organization riteaid show "$lost" >"$work/show"
expect 'it is kept' '"state":"booked"' "$work/show"
expect 'and marked' '"conflict":true' "$work/show"
fasti --json --organization riteaid show "$kept" >"$work/show"
expect 'the other one is none' '"conflict":false' "$work/show"
ask --schedule 149 >"$work/149"
expect 'a schedule that is gone from the publication' '2023-03-25  CLOSED' "$work/149"
ask --schedule 135 >"$work/135"
expect 'a schedule without slots' '2023-03-25  CLOSED' "$work/135"
ask --schedule 219 >"$work/219"
expect 'a day that filled up' '2023-03-28  FULL' "$work/219"
ask --schedule 236 --starts >"$work/236"
expect 'a day of one visit' '2023-03-30 -04:00    1:  10:10' "$work/236"
exits 0 'the newer one again' import riteaid "$work/newer"
says 'the newer one again' '"outcome":"UNCHANGED".*"conflict_count":1,'
same 'the newer one again' "$newer"
exits 0 'cancelling' fasti --organization riteaid cancel "$lost"
exits 0 'cancelling' fasti --organization riteaid cancel "$kept"
check 'every start of the newer publication' riteaid "$work/newer"
kill_server
start
check 'every start of the newer publication after kill -9' riteaid "$work/newer"
exits 0 'the older one comes back' import riteaid "$feed"
says 'the older one comes back' '"conflict_count":0'
check 'every start of the first publication' riteaid "$feed"

# ---- more schedules than one commit may retire configurations at once ----
large huge 66000
exits 0 'a huge publication' fasti --timeout 300 --json --organization huge import smart "$work/huge" \
    --zone America/New_York --minutes 15
says 'a huge publication' '"outcome":"PUBLISHED".*"created":132002,"changed":66000'
huge=$(digest)
kill_server
start
same 'a huge publication after kill -9' "$huge"
exits 0 'the last schedule' fasti --organization huge availability --service dose --schedule 66000 \
    --from 2023-04-03 --days 1
says 'the last schedule' '12 starts'
stop
echo 'passed: again, newer, refused, cut short'
