#!/usr/bin/env bash
# test_heatmap_cli.sh - where and when is there room? Two organizations, three places, one without a position.
#
# Monday 2026-03-02, 13:00 in Berlin.
. tests/support/session.sh

wrong() { # wrong TEXT OPTION...: refused with a sentence
    exits 2 "${*:2}" fasti heatmap "${@:2}"
    has "${*:2}" "$1"
    exits 2 "${*:2}" fasti --json heatmap "${@:2}"
    has "${*:2}" '{"error":{"status":"'
}

serve_march
{
    echo '{"kind":"organization","id":"north"}'
    echo '{"kind":"location","id":"mitte","zone":"Europe/Berlin","latitude":52.52,"longitude":13.405}'
    echo '{"kind":"location","id":"falkensee","zone":"Europe/Berlin","latitude":52.56,"longitude":13.09}'
    echo '{"kind":"location","id":"video","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":20,"code":"57"}'
    echo '{"kind":"service","id":"long","minutes":60,"code":"58"}'
    echo '{"kind":"schedule","id":"anna","location":"mitte","service":["visit","long"],"specialty":["skin","eyes"]}'
    echo '{"kind":"schedule","id":"ben","location":"mitte","service":"visit","specialty":"skin"}'
    echo '{"kind":"schedule","id":"dora","location":"falkensee","service":"visit","specialty":"skin"}'
    echo '{"kind":"schedule","id":"emil","location":"video","service":"visit","specialty":"skin"}'
    for id in anna ben dora emil; do
        echo '{"kind":"opening","schedule":"'$id'","id":"day","weekdays":"tue-fri","from":"09:00","to":"12:00"}'
    done
} | fasti --organization north import ndjson - >/dev/null
{
    echo '{"kind":"organization","id":"south"}'
    echo '{"kind":"location","id":"mitte","zone":"Europe/Berlin","latitude":52.52,"longitude":13.41}'
    echo '{"kind":"service","id":"check","minutes":20,"code":"57"}'
    echo '{"kind":"schedule","id":"cora","location":"mitte","service":"check","specialty":"skin"}'
    echo '{"kind":"opening","schedule":"cora","id":"day","weekdays":"wed","from":"17:00","to":"18:00"}'
} | fasti --organization south import ndjson - >/dev/null

berlin=(--box '52.3,13.0,52.7,13.8' --from 2026-03-02 --to 2026-03-05)
exits 0 'text' fasti heatmap --specialty skin "${berlin[@]}"
cat >"$work/table" <<'TABLE'
south,west   schedules  Mon 03-02  Tue 03-03  Wed 03-04  Thu 03-05
52.50,13.00  1          -          1: 9       1: 9       1: 9
52.50,13.40  3          -          2: 18      3: 21      2: 18
4 schedules offer it, in 2 cells of 0.1 degrees, from 2026-03-02 to 2026-03-05; a day: schedules with free starts: their starts
TABLE
diff "$work/table" "$work/out" || fail 'text: the table' "$work/out"
exits 0 'long visits' fasti heatmap --code 58 "${berlin[@]}"
has 'long visits' '52.50,13.40  1          -          1: 3       1: 3       1: 3'
exits 0 'one organization' fasti --organization south heatmap --specialty skin "${berlin[@]}"
has 'one organization' '52.50,13.40  1          -          -          1: 3       -' '1 schedules offer it, in 1 cells'
exits 0 'a circle' fasti heatmap --specialty skin --near 52.52,13.405 --within 1 --from 2026-03-03 --to 2026-03-03 --cell 10
has 'a circle' '50.00,10.00  3          2: 18' '3 schedules offer it, in 1 cells of 10 degrees'

# ---- bookings, blocks, and what a restart knows of them ----
exits 0 'book' fasti --organization north book --schedule anna --service long --patient p-1 --start 2026-03-03T09:00
exits 0 'block' fasti --organization north block --schedule ben --start 2026-03-03T09:00 --end 2026-03-03T12:00
for after in 'a booking and a block' 'kill -9'; do
    exits 0 "after $after" fasti heatmap --specialty skin "${berlin[@]}"
    has "after $after" '52.50,13.40  3          -          1: 6       3: 21      2: 18'
    kill_server
    serve_march
done
exits 0 'JSON' fasti --json heatmap --specialty eyes "${berlin[@]}"
has 'JSON' '{"organization":null,"first":"2026-03-02","last":"2026-03-05","cell":0.1' '"candidates":1,"as_of":' \
    '"cells":[{"south":52.5,"west":13.4' \
    '"schedules":1,"days":[{"date":"2026-03-02","schedules":0,"starts":0},{"date":"2026-03-03","schedules":1,"starts":6},{"date":"2026-03-04","schedules":1,"starts":9}'
exits 0 'a month' fasti heatmap --code 57 --near 52.52,13.405 --within 50 --from 2026-03-02 --to 2026-04-01
[ "$(grep -c '^south,west' "$work/out")" = 6 ] || fail 'a month: not 6 tables' "$work/out"
exits 0 'from today' fasti heatmap --code 57 --near 52.52,13.405 --within 50
has 'from today' 'to 2026-03-08'
exits 0 'nobody' fasti heatmap --specialty nobody "${berlin[@]}"
has 'nobody' 'none: no schedule offers that there'

# ---- what is wrong ----
wrong 'search for what? Say --specialty CODE, --code CODE, or both' "${berlin[@]}"
wrong 'where? Say --near LAT,LON --within KM, or --box' --code 57
wrong '--near and --within go together' --code 57 --near 52.52,13.405
wrong 'a heat map is of at most 31 days, not 32' --code 57 --box 52,13,53,14 --from 2026-03-02 --to 2026-04-02
for cell in 0 0.009 10.1 1x '' nan; do
    wrong "--cell: \"$cell\" is not 0.01 to 10 degrees" --code 57 "${berlin[@]}" --cell "$cell"
done
stop
echo 'passed: cells, days, organizations, bookings, what is wrong'
