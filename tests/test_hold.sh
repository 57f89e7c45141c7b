#!/usr/bin/env bash
# test_hold.sh - hold, confirm, extend, release, move, approve and the like on the command line, and
# what of them stands after kill -9.
. tests/support/session.sh

json() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/' "$work/out"; } # json NAME: of the last command

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    echo '{"kind":"schedule","id":"anna","location":"here","service":["visit"]}'
    echo '{"kind":"opening","schedule":"anna","id":"day","weekdays":"mon-fri","from":"08:00","to":"12:00"}'
} >"$work/directory"
fasti import ndjson "$work/directory" >/dev/null

hold() { # hold TIME FLAG...
    fasti --json hold --schedule anna --service visit --start "2026-03-09T$1" "${@:2}"
}
book() { # book TIME FLAG...
    fasti book --schedule anna --service visit --start "2026-03-09T$1" --patient other "${@:2}"
}

# ---- hold and confirm ----
exits 0 'hold' hold 09:00
has 'hold' '"outcome":"HELD"' '"expires":"'
record=$(json record) token=$(json token)
[ ${#token} = 32 ] || fail "hold: no token in:" "$work/out"
exits 1 'book what is held' book 09:00
exits 0 'show a hold' fasti show "$record"
has 'show a hold' 'held'
exits 1 'cancel a hold' fasti cancel "$record"
wrong=$(echo "$token" | tr '0-9a-f' '1-9a-f0')
exits 1 'confirm with a wrong token' fasti confirm "$record" --token "$wrong" --patient p-1
exits 2 'confirm with no token' fasti confirm "$record" --token 12 --patient p-1
exits 0 'extend' fasti extend "$record" --token "$token" --seconds 1800
exits 0 'confirm' fasti confirm "$record" --token "$token" --patient p-1
has 'confirm' 'booked' 'p-1'
exits 1 'confirm twice' fasti confirm "$record" --token "$token" --patient p-1

# ---- release, replace, expire ----
exits 0 'hold' hold 09:20
other=$(json record) token=$(json token)
exits 0 'replace' hold 09:40 --replace "$other" --token "$token"
third=$(json record) token=$(json token)
exits 0 'book what was replaced' book 09:20
exits 0 'release' fasti release "$third" --token "$token"
exits 1 'confirm what was released' fasti confirm "$third" --token "$token" --patient p-1
exits 0 'hold for a while' hold 10:00 --seconds 10
short=$(json record) token=$(json token)

# ---- move ----
exits 0 'move' fasti move "$record" --start 2026-03-09T10:20
has 'move' 'moved'
moved=$(sed -n 's/^moved: record \([0-9]*\)$/\1/p' "$work/out")
[ -n "$moved" ] || fail "move: no number in:" "$work/out"
exits 0 'show what was moved' fasti show "$record"
has 'show what was moved' 'moved'
exits 1 'move to taken time' fasti move "$moved" --start 2026-03-09T09:20
exits 0 'book the old time' book 09:00

# ---- requests and marks ----
exits 0 'request' book 11:00 --request
asked=$(sed -n 's/^appointment \([0-9]*\):.*/\1/p' "$work/out")
exits 1 'arrive before it is approved' fasti arrive "$asked"
exits 0 'approve' fasti approve "$asked"
exits 0 'arrive' fasti arrive "$asked"
exits 0 'fulfil' fasti fulfil "$asked"
exits 1 'no-show after it' fasti no-show "$asked"
exits 0 'request' book 11:20 --request
asked=$(sed -n 's/^appointment \([0-9]*\):.*/\1/p' "$work/out")
exits 2 'decline for a number' fasti decline "$asked" --reason 7
exits 2 'approve for a reason' fasti approve "$asked" --reason prov-edu
exits 0 'decline' fasti decline "$asked" --reason prov-edu
has 'decline' ': declined, prov-edu'
exits 0 'book declined time' book 11:20

# ---- why it was cancelled ----
exits 0 'help of cancel' fasti help cancel
has 'help of cancel' 'pat-crs: ' 'oth-weath: '
exits 0 'book' book 11:40
gone=$(sed -n 's/^appointment \([0-9]*\):.*/\1/p' "$work/out")
exits 2 'cancel for a word that is no code' fasti cancel "$gone" --reason weather
has 'cancel for a word that is no code' 'there is no "weather"; there are: pat, pat-crs,' 'oth-weath'
exits 0 'cancel for a reason' fasti cancel "$gone" --reason oth-weath
has 'cancel for a reason' ': cancelled, oth-weath'
why() { # why WHAT: the reason is told wherever the record is
    exits 0 "$1" fasti show "$gone"
    has "$1" ': cancelled, oth-weath'
    exits 0 "$1" fasti --json show "$gone"
    has "$1" '"reason":32,' '"reason_code":"oth-weath"'
    exits 0 "$1" fasti list appointments --schedule anna --all
    has "$1" 'cancelled, oth-weath' 'declined, prov-edu'
    exits 0 "$1" fasti --json list appointments --schedule anna --all
    has "$1" '"reason_code":"oth-weath"' '"reason_code":"prov-edu"' '"reason_code":null'
}
why 'a reason'

# ---- the same request again: the first answer, now and after a kill ----
id=$(printf '%012x70008000000000000001' $(($(date -ud 2026-03-02T12:00:00Z +%s) * 1000)))
exits 0 'book with a request id' fasti --json --request-id "$id" book --schedule anna --service visit \
    --start 2026-03-10T09:00 --patient p-1
first=$(sed 's/.*"record":\([0-9]*\),"as_of.*/\1/' "$work/out")
again() {
    exits 0 "$1" fasti --json --request-id "$id" book --schedule anna --service visit \
        --start 2026-03-10T09:00 --patient p-1
    has "$1" '"outcome":"BOOKED"' "\"record\":$first,\"as_of"
}
again 'the same again'
exits 2 'another under the same id' fasti --request-id "$id" book --schedule anna --service visit \
    --start 2026-03-10T09:20 --patient p-1
exits 2 'an id without a time' fasti --request-id 00000000000000000000000000000001 book \
    --schedule anna --service visit --start 2026-03-10T09:20 --patient p-1

# ---- after kill -9, and when the time of the short hold is over ----
kill_server
serve --listen 127.0.0.1:0 --now 2026-03-02T12:01:00Z
again 'the same again after a kill'
exits 0 'show after a kill' fasti show "$moved"
has 'show after a kill' 'booked' '10:20'
why 'a reason after a kill'
exits 1 'confirm too late' fasti confirm "$short" --token "$token" --patient p-1
exits 0 'book what has expired' book 10:00
exits 0 'show the expired one' fasti show "$short"
has 'show the expired one' 'expired'
echo "test_hold: held, confirmed, moved and marked"
