#!/usr/bin/env bash
# test_generate.sh - the reference workload: its tables, byte for byte, and a server that is filled with it.
#
# The sums are those of the workload's executable definition (gcc 12, x86-64), which is not read here: of 5,000
# practitioners, and of 200 with seed 7 and 30 days.
. tests/support/session.sh

generate() { "$bin/fasti-bench" generate "$@"; }
sums() { (cd "$1" && md5sum --check --quiet --strict); } # sums DIR: of its tables, on standard input

# ---- tables ----
exits 0 '5,000' generate --schedules 5000 --csv "$work/5000"
has 'totals' '5000 practitioners, 4828877 appointments in 90 days, occupancy 0.7032, 2372335 free' \
    'generate: 500 of 5000 practitioners' 'generate: 5000 of 5000 practitioners'
sums "$work/5000" <<'SUMS' || fail 'tables of 5,000 practitioners'
cb65c0e33a27d6a638a8076235901480  appts.csv
ceb655a5663ead25a078f80e78507e81  book.csv
847ed84b922a2090a755e6e89cbe72b7  hot.csv
a55e096ab3329c9d0824783f8a9a386f  hours.csv
3e23533a0182e0be08c392272587dd81  motives.csv
4c8752ea13695c99ee083c9cd7035406  open_seg.csv
aff6019d8f7cc074d4754693cd6e1895  practitioners.csv
4a89dbeb0eb953e2245e103ab303f45c  q1.csv
2ff51a53490eb161836d9810d4d962f2  q2.csv
SUMS

exits 0 'another seed' generate --schedules 200 --seed 7 --fill-days 30 --csv "$work/seven"
has 'totals of another seed' '200 practitioners, 81911 appointments in 30 days, occupancy 0.8726, 15072 free'
hasnt 'progress of short work' 'generate: '
sums "$work/seven" <<'SUMS' || fail 'tables of another seed'
8c06b5fa3a6cc9818ef7b9ea7f32bd5d  appts.csv
a45404cb12477174a21e86f3899ca0dd  book.csv
6d718f8b12cb896db11045b6bd8b6bc7  hot.csv
76c1730b5c938b4a67e4e7799a589745  hours.csv
8e445aa58507e9c7f6f88c718e586d0a  motives.csv
f45b0ae31a47be42734624b126b481ce  open_seg.csv
5a164c7365ff1d3f577e09ed429356b3  practitioners.csv
b3ca65e7d4e7c2c9d3487b89ba9caeff  q1.csv
92b9298b0f7e9a408745762ae9dc23de  q2.csv
SUMS

# Few practitioners are the first of many; few days the first of all.
exits 0 '500' generate --schedules 500 --csv "$work/500"
for table in practitioners motives hours open_seg appts; do
    size=$(stat -c %s "$work/500/$table.csv")
    [ "$size" -lt "$(stat -c %s "$work/5000/$table.csv")" ] || fail "$table of 500 are not fewer"
    cmp -n "$size" "$work/500/$table.csv" "$work/5000/$table.csv" || fail "$table of 500 are no prefix"
done
[ "$(wc -l <"$work/500/practitioners.csv")" = 500 ] || fail 'practitioners of 500'
exits 0 'ten days' generate --schedules 50 --fill-days 10 --csv "$work/fifty"
for table in appts open_seg; do
    awk -F, '$1 < 50 && $2 < 10 * 288' "$work/500/$table.csv" | cmp - "$work/fifty/$table.csv" ||
        fail "$table of ten days"
done
exits 0 'no days' generate --schedules 1 --fill-days 0 --csv "$work/none"
has 'no days' '1 practitioners, 0 appointments in 0 days, occupancy 0.0000, 0 free'

# ---- what is wrong ----
exits 1 'tables that are there' generate --schedules 3 --csv "$work/fifty"
has 'tables that are there' 'practitioners.csv: File exists already: take an empty directory'
[ "$(wc -l <"$work/fifty/practitioners.csv")" = 50 ] || fail 'a table was overwritten'
mkdir "$work/partly"
echo 'mine' >"$work/partly/q1.csv"
exits 1 'a table that is there' generate --schedules 3 --csv "$work/partly"
[ "$(cat "$work/partly"/*)" = mine ] || fail 'tables were left beside one that was there'
exits 1 'no directory' generate --schedules 3 --csv "$work/partly/q1.csv/below"
has 'no directory' 'Not a directory'
full() { (trap '' XFSZ && ulimit -f 100 && generate --schedules 50 --csv "$work/full"); }
exits 1 'a full disk' full
has 'a full disk' 'File too large'
[ ! -e "$work/full" ] || fail 'something is left of a full disk'
exits 2 'too many' generate --schedules 1000001 --csv "$work/x"
has 'too many' '--schedules takes a number from 1 to 1000000, not "1000001"'
exits 2 'none' generate --schedules 0 --csv "$work/x"
exits 2 'how many?' generate --csv "$work/x"
has 'how many?' 'generate needs --schedules N'
exits 2 'whereto?' generate --schedules 1
has 'whereto?' 'generate needs a --csv DIR, a --server ADDRESS or both'
exits 2 'days' generate --schedules 1 --fill-days 91 --csv "$work/x"
has 'days' '--fill-days takes a number from 0 to 90, not "91"'
exits 2 'a seed' generate --schedules 1 --seed 1x --csv "$work/x"
exits 3 'no server' generate --schedules 1 --server "unix:$work/s"
exits 2 'no address' generate --schedules 1 --server nope
[ ! -e "$work/x" ] || fail 'a directory was made for nothing'

# ---- a server ----
fill() { generate --schedules 50 --fill-days 10 --server "unix:$work/s" "$@"; }
export FASTI_ORGANIZATION=workload
count=$(wc -l <"$work/fifty/appts.csv")

# free SCHEDULE CELLS FIRST END: starts on days FIRST to END - 1 by the tables, as the server writes them
free() {
    awk -F, -v who="$1" -v cells="$2" -v first="$3" -v end="$4" '
        $1 != who { next }
        FILENAME ~ /appts/ { for (i = $2; i < $2 + $3; i++) taken[i] = 1; next }
        $2 >= first * 288 && $3 <= end * 288 {
            for (cell = $2; cell + cells <= $3; cell++) {
                for (i = cell; i < cell + cells && !(i in taken); i++);
                if (i < cell + cells) continue
                offset = cell < 5772 ? 2 : 1
                day = 5 + int(cell / 288)
                minute = cell % 288 * 5 + offset * 60
                printf "2026-%s-%02dT%02d:%02d:00+%02d:00\n", (day > 31 ? "11" : "10"), (day > 31 ? day - 31 : day),
                    minute / 60, minute % 60, offset
            }
        }' "$work/fifty/appts.csv" "$work/500/open_seg.csv"
}
offered() { # offered SCHEDULE SERVICE FROM DAYS: the same, by the server
    fasti --json availability --schedule "$1" --service "$2" --from "$3" --days "$4" |
        grep -o '"start":"[^"]*"' | sed 's/.*start":"//; s/"//' || true
}
compare() { # compare SCHEDULE CELLS FIRST END
    local service
    service=$(printf 'd%02d' $(($2 * 5)))
    free "$1" "$2" "$3" "$4" >"$work/expected"
    offered "s$1" "$service" "$(date -u -d "2026-10-05 + $3 days" +%F)" $(($4 - $3)) >"$work/offered"
    diff "$work/expected" "$work/offered" >"$work/out" || fail "s$1, $service, days $3 to $4" "$work/out"
    starts=$((starts + $(wc -l <"$work/expected")))
}

serve --listen 127.0.0.1:0 --now 2026-10-05T00:00:00Z
exits 0 'a fill' fill
has 'a fill' 'organization workload: 50 schedules' "$count appointments loaded, 0 were there already"
hasnt 'the clock is right' 'clock'
fasti --json status >"$work/status"
expect 'what the server has' "\"locations\":50,\"practitioners\":50,\"services\":12,\"schedules\":50" "$work/status"
expect 'what the server has' "\"appointments\":$count,\"records\":$count," "$work/status"
listed=$(fasti --json list appointments --schedule s7 --limit 10000 | grep -o '"record":' | wc -l)
[ "$listed" = "$(grep -c '^7,' "$work/fifty/appts.csv")" ] || fail "s7 has $listed appointments"
exits 0 'a place' fasti --json show location l7
has 'a place' "\"latitude\":$(awk -F, '$1 == 7 { print $4 + 0 }' "$work/fifty/practitioners.csv")"

# Each length that is offered on the filled days; in the week after the clock change all is free.
starts=0
for schedule in 7 20 49; do
    for cells in $(awk -F, -v who=$schedule '$1 == who { print $3 / 5 }' "$work/fifty/motives.csv" | sort -nu); do
        compare $schedule "$cells" 0 10
    done
    compare $schedule "$cells" 21 28
done
[ "$starts" -gt 100 ] || fail "only $starts starts were compared"

# ---- again, and otherwise ----
before=$(digest)
exits 0 'a fill again' fill
has 'a fill again' "0 appointments loaded, $count were there already"
[ "$(digest)" = "$before" ] || fail 'a fill again has changed something'
exits 3 'another seed' fill --seed 7
has 'another seed' 'directory: ' 'exists and differs'
exits 3 'other days' fill --fill-days 9
has 'other days' 'those of another --seed or --fill-days: take an empty one' 'another one with its number'
exits 0 'an import is still to be had' fill
[ "$(digest)" = "$before" ] || fail 'another workload has changed something'
stop
serve --listen 127.0.0.1:0 --now 2026-10-06T00:00:00Z
[ "$(digest)" = "$before" ] || fail 'a restart has another digest'
exits 0 'a late fill' fill
has 'a late fill' "by the server's clock the workload's first days are past"
stop
echo "passed: tables byte for byte, $count appointments in a server, $starts starts as in the tables"
