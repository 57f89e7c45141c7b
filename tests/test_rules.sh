#!/usr/bin/env bash
# test_rules.sh - every rule of services and schedules from the command line: availability, explain
# and book agree about it, staff override it, and it is there after kill -9.
#
# Monday 2026-03-02, 13:00 in Berlin. Each scenario has a schedule of its own, open mon-fri 08:00
# to 12:00.
. tests/support/session.sh

schedule() { # schedule ID TERM...: one that offers all services, and the next questions are about it
    fasti create schedule --id "$1" --location here --service visit --service talk "${@:2}" >/dev/null
    fasti create opening --schedule "$1" --id day --weekdays mon-fri --from 08:00 --to 12:00 >/dev/null
    on=$1 service=visit
}

at() { # at START: what the next questions are about
    start=$1
    question=(--schedule "$on" --service "$service" --start "$start")
}

listed() { # listed FACT...: is the start in the list of availability?
    fasti --json availability --schedule "$on" --service "$service" --from "${start%T*}" --days 1 "$@" >"$work/list"
    grep -qF "{\"start\":\"$start:00" "$work/list"
}

could() { # could FACT...: it is offered, and explain says so
    listed "$@" || fail "$on at $start $*: not listed" "$work/list"
    exits 0 "$on at $start $*" fasti explain "${question[@]}" "$@"
    has "$on at $start $*" 'min: the visit may be booked'
}

takes() { # takes FACT...: offered, explained, and booked
    could "$@"
    exits 0 "$on at $start $*: book" fasti book "${question[@]}" --patient p "$@"
    has "$on at $start $*: book" ': booked'
}

refuses() { # refuses OUTCOME SENTENCE FACT...: not offered, and explain and book say why
    ! listed "${@:3}" || fail "$on at $start ${*:3}: listed" "$work/list"
    exits 1 "$on at $start ${*:3}" fasti --json explain "${question[@]}" "${@:3}"
    has "$on at $start ${*:3}" "\"outcome\":\"$1\"" "$2" '"bookable":false'
    exits 1 "$on at $start ${*:3}: book" fasti --json book "${question[@]}" --patient p "${@:3}"
    has "$on at $start ${*:3}: book" "{\"outcome\":\"$1\"" "$2" '"records":[]'
}

day_is() { # day_is REASON: why the last list is empty
    grep -qF "\"reason\":\"$1\",\"starts\":[]" "$work/list" || fail "$on: the day is not $1" "$work/list"
}

serve_march
export FASTI_ORGANIZATION=clinic
{
    echo '{"kind":"organization","id":"clinic"}'
    echo '{"kind":"location","id":"here","zone":"Europe/Berlin"}'
    echo '{"kind":"service","id":"visit","minutes":20}'
    echo '{"kind":"service","id":"talk","minutes":20}'
} | fasti import ndjson - >/dev/null

# ---- help ----
exits 0 'help' fasti help
has 'help' 'fasti explain --schedule anna' '--notice 2d --age-min 18y'
exits 0 'help of a service' fasti help create service
has 'help of a service' '--limit-week=N' '--horizon-at=HH:MM' '--paused=YES|NO' 'Rules (below):' \
    '"any" take' '--patients new --age-min 18y'
exits 0 'help of a schedule' fasti help set schedule
has 'help of a schedule' '--language=CODES' '--substitute=ID' '--specialty=CODE' '--buffer-after=N'
exits 0 'help of book' fasti help book
has 'help of book' '--patient-kind=KIND' '--override' '--by staff --override'

# ---- when: notice, horizon, hours ----
schedule notice --notice 2d
at 2026-03-03T09:00
refuses NOTICE 'it needs 2 days of notice: from 2026-03-04T13:0'
day_is NOTICE
at 2026-03-05T09:00
takes

schedule horizon --horizon 7 --horizon-at 14:00
at 2026-03-09T09:00
refuses HORIZON 'that day opens for booking at 2026-03-02T14:00:00+01:00'
day_is HORIZON
fasti set schedule --id horizon --horizon-at 08:00 >/dev/null
takes
at 2026-03-10T09:00
refuses HORIZON 'that day opens for booking at 2026-03-03T08:00:00+01:00'

schedule hours --weekdays mon,thu-fri --from 09:00 --to 11:00
at 2026-03-10T09:00
refuses HOURS 'it is not given on that weekday'
day_is HOURS
at 2026-03-09T08:40
refuses HOURS 'it is given from 09:00 to 11:00 only'
at 2026-03-09T11:00
refuses HOURS 'it is given from 09:00 to 11:00 only'
at 2026-03-09T10:40
takes

# ---- how many: a day, a week, a month ----
schedule day --limit-day 2
at 2026-03-03T08:00 && takes
service=talk && at 2026-03-03T08:20 && takes
service=visit && at 2026-03-03T09:00
refuses DAY_LIMIT '2 of 2 visits of the schedule in that day are booked'
day_is DAY_LIMIT
at 2026-03-04T08:00 && takes

schedule week
fasti set service --id talk --limit-week 1 --limit-month 2 >/dev/null
service=talk && at 2026-03-09T08:00 && takes
at 2026-03-13T09:00
refuses WEEK_LIMIT '1 of 1 visits of the service in that week are booked'
day_is WEEK_LIMIT
at 2026-03-16T09:00 && takes
last=$(sed -n 's/.*: record //p' "$work/out")
at 2026-03-30T09:00
refuses MONTH_LIMIT '2 of 2 visits of the service in that month are booked'
day_is MONTH_LIMIT
service=visit && at 2026-03-30T09:00 && takes # another service
service=talk && at 2026-04-06T09:00 && takes  # another month
fasti cancel "$last" >/dev/null
at 2026-03-23T09:00 && takes
fasti set service --id talk --limit-week 0 --limit-month 0 >/dev/null

# ---- how many at once: capacity, group, overbooking, places of an opening ----
schedule capacity --capacity 3
at 2026-03-03T09:00 && takes && takes && takes
refuses TAKEN 'the time is taken'
at 2026-03-03T09:20 && takes

fasti create service --id class --minutes 20 --capacity 4 >/dev/null
schedule group
fasti set schedule --id group --service visit --service class >/dev/null
service=class && at 2026-03-03T09:00 && takes && takes && takes && takes
refuses TAKEN 'the time is taken'
service=visit && at 2026-03-03T09:00
refuses TAKEN 'the time is taken'

schedule overbook --overbook 2
fasti set service --id visit --overbook 1 >/dev/null # the fewer of both
at 2026-03-03T09:00 && takes
refuses TAKEN 'the time is taken'
takes --by staff
refuses TAKEN 'the time is taken' --by staff
fasti set service --id visit --overbook 0 >/dev/null
takes --by staff

schedule places
fasti set opening --schedule places --id day --capacity 1 >/dev/null
at 2026-03-03T09:00 && takes
at 2026-03-03T10:00
refuses FULL 'the opening has no place left'
at 2026-03-04T10:00 && takes

# A group's visits may be of several lengths and buffers: none takes what lies beside the group. In a
# schedule of one seat, a is from 09:00 to 09:20 and b at 09:20; what starts with a may not be longer.
fasti create service --id round --minutes 20 --capacity 5 >/dev/null
schedule mixed
fasti set schedule --id mixed --service visit --service round >/dev/null
service=round && at 2026-03-03T09:00 && takes
service=visit && at 2026-03-03T09:20 && takes
fasti set service --id round --minutes 40 --grid 20 >/dev/null
service=round && at 2026-03-03T09:00
refuses TAKEN 'the time is taken'
fasti set service --id round --minutes 20 --buffer-after 5 >/dev/null
refuses BUFFER 'not the 0 minutes before and 5 minutes after it'
fasti set service --id round --buffer-after 0 --buffer-before 30 >/dev/null && takes
fasti set service --id round --buffer-before 0 --minutes 10 >/dev/null && takes
fasti set service --id round --minutes 20 >/dev/null && takes
at 2026-03-03T10:00 # where staff forces the first, without buffers, others may still come
fasti set service --id round --buffer-before 10 >/dev/null
exits 0 'forced' fasti book "${question[@]}" --patient p --by staff --override
takes && takes
fasti set service --id round --buffer-before 0 >/dev/null && takes

# A group at midnight whose buffers grow: what the new one asks for lies wholly on the day before.
fasti set service --id round --buffer-before 10 >/dev/null
schedule midnight
fasti set schedule --id midnight --service round --service talk >/dev/null
fasti create opening --schedule midnight --id all --from 00:00 --to 24:00 >/dev/null
service=round && at 2026-03-04T00:00 && takes
fasti set service --id round --buffer-before 30 >/dev/null && takes
service=talk && at 2026-03-03T23:00 && takes
service=round && at 2026-03-04T00:00
fasti set service --id round --buffer-before 45 >/dev/null
refuses BUFFER 'not the 45 minutes before'
fasti set service --id round --buffer-before 40 >/dev/null && takes
fasti set service --id round --buffer-before 0 >/dev/null && takes

# ---- time around visits, and the grid ----
schedule buffer
fasti set service --id visit --buffer-before 5 --buffer-after 10 >/dev/null
service=talk && at 2026-03-03T09:00 && takes
service=visit && at 2026-03-03T09:20
refuses BUFFER 'not the 5 minutes before and 10 minutes after it'
at 2026-03-03T08:40
refuses BUFFER 'not the 5 minutes before and 10 minutes after it'
at 2026-03-03T09:40 && takes
service=talk && at 2026-03-03T10:00 # the buffer belongs to the visit
refuses TAKEN 'the time is taken'
at 2026-03-03T10:20 && takes
fasti set service --id visit --buffer-before 0 --buffer-after 0 >/dev/null

schedule grid
fasti create service --id late --minutes 20 --grid 30 --offset 10 >/dev/null
fasti set schedule --id grid --service late >/dev/null
service=late && at 2026-03-03T08:00
refuses OFF_GRID 'does not start at that minute'
at 2026-03-03T08:40 && takes

# A day and its buffer: from the evening of the 30th they would reach beyond the last bookable date. It
# makes no difference whether the day before, from which they do not, is asked about, too.
fasti create service --id stay --minutes 1440 --grid 60 --buffer-after 240 >/dev/null
fasti create schedule --id edge --location here --service stay >/dev/null
fasti create opening --schedule edge --id end --rule instant --from 2199-12-29T00:00+01:00 --to 2199-12-31T23:55+01:00 >/dev/null
on=edge service=stay
at 2199-12-29T23:00 && could
at 2199-12-30T20:00 && could
at 2199-12-30T21:00 && refuses BUFFER 'time is free'
fasti --json availability --schedule edge --service stay --from 2199-12-29 --days 2 >"$work/list"
grep -qF '"start":"2199-12-30T20:00' "$work/list" || fail 'edge: 20:00 is not listed' "$work/list"
! grep -qF '"start":"2199-12-30T21:00' "$work/list" || fail 'edge: 21:00 is listed beside the day before' "$work/list"

# ---- who and how ----
schedule modality --modality video,phone
at 2026-03-03T09:00
refuses MODALITY 'it is not given in that way' --modality in-person
day_is MODALITY
takes --modality video
has 'the way is told' 'patient p, video: booked'
at 2026-03-03T09:20 && takes

schedule sector --sector private
at 2026-03-03T09:00
refuses SECTOR 'only for one kind of insurance'
refuses SECTOR 'only for one kind of insurance' --sector public
takes --sector private

schedule audience --audience own,referrer
at 2026-03-03T09:00
refuses AUDIENCE 'who books may not book it'
takes --by own
at 2026-03-03T09:20 && takes --by referrer
at 2026-03-03T09:40 && takes --by staff

schedule patients --patients new
at 2026-03-03T09:00
refuses ACQUAINTANCE 'only for new or only for known patients'
refuses ACQUAINTANCE 'only for new or only for known patients' --patient-kind known
takes --patient-kind new

schedule age --age-min 18y --age-max 65y
at 2026-03-03T09:00
refuses AGE '18 years or more and less than 65 years'
refuses AGE '18 years or more' --age 17y
refuses AGE '18 years or more' --age 780
takes --age 34y
at 2026-03-03T09:20 && takes --age 216m

schedule referral --referral yes
at 2026-03-03T09:00
refuses REFERRAL 'only with a referral'
takes --referral

schedule language --language de,en
at 2026-03-03T09:00
refuses LANGUAGE 'that language is not spoken there' --language fr
takes --language en

schedule paused --paused yes --substitute day
at 2026-03-03T09:00
refuses PAUSED "the schedule is paused; 'day' stands in"
day_is PAUSED
exits 0 'a person reads why' fasti availability --schedule paused --service visit
has 'a person reads why' 'schedule paused: 0 starts: nothing may be booked there for now'
fasti set schedule --id paused --paused no --substitute '' >/dev/null
fasti set service --id visit --paused yes >/dev/null
refuses PAUSED 'the service is paused'
fasti set service --id visit --paused no >/dev/null
takes

# ---- where both say something the stricter one holds ----
schedule both --notice 2d --modality video,home
fasti set service --id talk --notice 3h --modality video,phone >/dev/null
service=talk && at 2026-03-03T09:00
refuses NOTICE 'it needs 2 days'
at 2026-03-05T09:00
refuses MODALITY 'in that way' --modality home
takes --modality video
fasti set service --id talk --notice 0 --modality any >/dev/null

# ---- staff override all of it, but not what is taken or past ----
schedule override --paused yes --notice 9d --referral yes --limit-day 1
at 2026-03-03T09:10
exits 0 'an override' fasti explain "${question[@]}" --by staff --override
exits 0 'an override' fasti book "${question[@]}" --patient p --by staff --override --modality phone
has 'an override' 'patient p, phone, override: booked'
record=$(sed -n 's/.*: record //p' "$work/out")
exits 1 'taken' fasti book "${question[@]}" --patient p --by staff --override
has 'taken' 'the time is taken'
at 2026-03-02T09:00
exits 1 'past' fasti explain "${question[@]}" --by staff --override
has 'past' 'the time lies in the past'
at 2026-03-03T13:00
exits 0 'closed' fasti book "${question[@]}" --patient p --by staff --override
has 'closed' 'patient p, override: booked'
exits 2 'not for others' fasti book "${question[@]}" --patient p --override
has 'not for others' 'only staff may'
shown() {
    exits 0 'show' fasti show "$record"
    has 'show' 'patient p, phone, override: booked'
    exits 0 'show as JSON' fasti --json show "$record"
    has 'show as JSON' '"modality":"phone","override":true'
    exits 0 'list' fasti list appointments --schedule override
    has 'list' 'booked, phone, override'
}
shown

# ---- hold, move, series and items have facts, too ----
schedule facts --age-min 6y --modality in-person,video
at 2026-03-03T09:00
exits 1 'hold' fasti hold "${question[@]}" --age 5y
has 'hold' 'only for patients of 6 years or more'
exits 0 'hold' fasti hold "${question[@]}" --age 7y
exits 1 'a child is too young' fasti book --schedule facts --service visit --start 2026-03-03T10:00 \
    --patient mother --age 34y --item 'start=10:20 patient=child age=5y'
has 'a child is too young' '1 of 2' \
    'patient child: it is not for patients of that age: only for patients of 6 years or more'
exits 0 'an older child' fasti book --schedule facts --service visit --start 2026-03-03T10:00 \
    --patient mother --age 34y --item 'start=10:20 patient=child age=7y modality=video referral=no'
has 'an older child' 'patient mother: booked' 'patient child, video: booked'
child=$(sed -n 's/appointment \([0-9]*\):.* patient child.*/\1/p' "$work/out")
exits 1 'a move knows no age' fasti move "$child" --at 11:00
has 'a move knows no age' 'only for patients of 6 years or more'
exits 0 'a move' fasti move "$child" --at 11:00 --age 7y
has 'a move' 'patient child, video: booked' # the way stays
child=$(sed -n 's/.*: record //p' "$work/out")
exits 0 'another way' fasti move "$child" --start 11:20 --age 7y --modality in-person
has 'another way' 'patient child, in-person: booked'
series() { fasti series --schedule facts --service visit --patient p --start "$1" --every 1w --count 2 "${@:2}"; }
exits 1 'a series' series 2026-03-10T09:00 --age 5y
has 'a series' '2 of 2 dates cannot be had' \
    'Tue 2026-03-10 09:00 +01:00: it is not for patients of that age: only for patients of 6 years'
exits 0 'a series' series 2026-03-10T09:00 --age 7y
exits 1 'a series over it' series 2026-03-10T09:00 --age 7y
has 'a series over it' 'Tue 2026-03-10 09:00 +01:00: the time is taken; nearest free: Tue 2026-03-10 08:40'
schedule monthly --limit-month 3
series_of() { fasti series --schedule monthly --service visit --patient p --start "$1" --every 1w --count 4 "${@:2}"; }
exits 1 'a series over a limit' series_of 2026-03-03T09:00 --json
has 'a series over a limit' '3 of 3 visits of the schedule in that month are booked' \
    '"outcome":"MONTH_LIMIT","record":null,"nearest_free":null' # the date is free without the series
exits 0 'the others' series_of 2026-03-03T09:00 --skip-conflicts
has 'the others' 'left out: 1 of 4' 'nearest free: Wed 2026-04-01 08:00'
echo '{"kind":"appointment","schedule":"facts","service":"visit","start":"2026-03-04T09:00","patient":"p","age":84,"by":"own","referral":true}' >"$work/lines"
exits 0 'a line has facts' fasti import ndjson "$work/lines"
has 'a line has facts' 'booked 1'
echo '{"kind":"appointment","schedule":"facts","service":"visit","start":"2026-03-04T09:20","patient":"p","age":"5y"}' >"$work/lines"
exits 1 'a line has facts' fasti import ndjson "$work/lines"
has 'a line has facts' 'only for patients of 6 years or more'

# ---- set keeps what it does not say, 0 and any take it back, show can be imported ----
all=(--buffer-before 5 --buffer-after 10 --notice 90m --horizon 30 --horizon-at 07:30 --limit-day 9
    --limit-week 20 --limit-month 50 --capacity 2 --overbook 1 --weekdays mon,wed-fri --from 08:20
    --to 11:40 --modality in-person,video,phone --sector public --audience own --patients known
    --age-min 6m --age-max 18y --referral yes --paused yes --language de,en --substitute day
    --specialty 'general practice' --specialty allergy)
fields='"buffer_before":5,"buffer_after":10,"notice":90,"horizon":30,"horizon_at":"07:30","limit_day":9,"limit_week":20,"limit_month":50,"capacity":2,"overbook":1,"weekdays":"mon,wed-fri","from":"08:20","to":"11:40","modality":["in-person","video","phone"],"sector":["public"],"audience":["own"],"patients":["known"],"age_min":6,"age_max":216,"referral":true,"paused":true,"language":["de","en"],"substitute":"day","specialty":["general practice","allergy"]'
exits 0 'all rules' fasti --json create schedule --id all --location here "${all[@]}"
has 'all rules' "$fields"
exits 0 'set keeps them' fasti --json set schedule --id all --name All
has 'set keeps them' '"name":"All"' "$fields"
exits 0 'show as JSON' fasti --json show schedule all
has 'show as JSON' "$fields"
sed 's/.*"schedule":{\(.*\)},"openings".*/{"kind":"schedule",\1}/' "$work/out" >"$work/lines"
exits 0 'an import of it' fasti import ndjson "$work/lines"
has 'an import of it' 'nothing changed: all 1 records were there'
exits 0 'show' fasti show schedule all
has 'show' 'notice         90m' 'age-max        18y' 'modality       in-person,video,phone' 'paused         yes' \
    'specialty      ["general practice", "allergy"]'
exits 0 'list' fasti list schedules
has 'list' 'horizon-at 07:30, limit-day 9' 'language de,en, substitute day, specialty general practice, specialty allergy'
exits 0 'all taken back' fasti --json set schedule --id all --buffer-before 0 --buffer-after 0 --notice 0 \
    --horizon 0 --limit-day 0 --limit-week 0 --limit-month 0 --capacity 0 --overbook 0 --weekdays any \
    --from any --to any --modality any --sector any --audience any --patients any --age-min 0 \
    --age-max any --referral no --paused no --language any --substitute '' --specialty ''
has 'all taken back' '"schedule":{"id":"all","name":"All","location":"here","resolution":5,"service":[]}}'

# ---- codes of a catalogue that organizations share ----
exits 0 'a code' fasti --json create service --id coded --minutes 20 --code '57 x' --notice 2h
has 'a code' '"grid":20,"code":"57 x","notice":120'
exits 0 'set keeps it' fasti set service --id coded --name Coded
exits 0 'show as JSON' fasti --json show service coded
has 'show as JSON' '"name":"Coded"' '"code":"57 x"'
sed 's/.*"service":{\(.*\)}}/{"kind":"service",\1}/' "$work/out" >"$work/lines"
exits 0 'an import of it' fasti import ndjson "$work/lines"
has 'an import of it' 'nothing changed: all 1 records were there'
exits 0 'list' fasti list services
has 'list' '20 min, every 20 min, code 57 x, notice 2h'
exits 0 'taken back' fasti --json set service --id coded --code ''
has 'taken back' '"outcome":"CHANGED"' '"grid":20,"notice":120'
exits 0 'one specialty for another' fasti --json set schedule --id all --specialty eyes
has 'one specialty for another' '"specialty":["eyes"]'
exits 0 'set keeps it' fasti --json set schedule --id all --name All
has 'set keeps it' '"outcome":"UNCHANGED"' '"specialty":["eyes"]'

# ---- what is typed wrong ----
wrong() { # wrong TEXT COMMAND...
    exits 2 "$*" "${@:2}"
    has "$*" "$1"
}
term() { fasti set service --id visit "$@"; }
wrong 'there is no "fax"; there are: in-person, video, phone, home, any' term --modality video,fax
wrong 'there is no "own"; there are: public, private, any' term --sector own
wrong 'there is no "staff"; there are: public, own, referrer, any' term --audience staff
wrong 'there is no "old"; there are: new, known, any' term --patients old
wrong '"sector": "any" stands alone' term --sector public,any
wrong '"1y" is not a span like 2h' term --notice 1y
wrong '"notice" must be 0 to 527040 minutes' term --notice 367d
wrong '"2d" is not an age like 18y' term --age-min 2d
wrong '"capacity" must be 0 to 127' term --capacity 128
wrong '"-1" is not a span' term --notice=-1
wrong 'is not a time like 09:00' term --horizon 9 --horizon-at 24:00
wrong 'is not a time like 09:00' term --from 9h
wrong 'is not like mon-fri' term --weekdays someday
wrong 'there are: yes, no' term --paused maybe
wrong 'its hours end before they begin' term --from 10:00 --to 09:00
wrong 'no age is both old and young enough' term --age-min 18y --age-max 6y
wrong 'is not a language of two or three letters' fasti set schedule --id all --language german
wrong 'at most 8 languages' fasti set schedule --id all --language aa,bb,cc,dd,ee,ff,gg,hh,ii
wrong '"code" must be 1 to 64 bytes' term --code $'a\tb'
wrong 'at most 4 specialties' fasti set schedule --id all --specialty={a,b,c,d,e}
wrong '"specialty" must be 1 to 64 bytes' fasti set schedule --id all --specialty a --specialty ''
wrong "lists specialty 'a' twice" fasti set schedule --id all --specialty a --specialty a
ask=(fasti availability --schedule day --service visit)
wrong 'there is no "me"; there are: public, own, referrer, staff' "${ask[@]}" --by me
wrong 'there is no "old"; there are: new, known, unknown' "${ask[@]}" --patient-kind old
wrong '"young" is not an age like 34y' "${ask[@]}" --age young
wrong '"age" must be 0 to 1800 months' "${ask[@]}" --age 151y
wrong 'unrecognized option' "${ask[@]}" --override
wrong 'item 1: there is no "aged="; there are schedule=' fasti book --schedule day --service visit \
    --start 2026-03-03T09:00 --patient p --item 'patient=q aged=6y'
wrong 'say them where it begins' fasti book --schedule day --service visit \
    --start 2026-03-03T09:00 --patient p --item 'with facts age=6y'
wrong 'there is no schedule "roof"' fasti explain --schedule roof --service visit --start 2026-03-03T09:00
echo '{"kind":"service","id":"x","minutes":20,"notice":true}' >"$work/lines"
wrong '"notice" must be a whole number or a text' fasti import ndjson "$work/lines"
echo '{"kind":"service","id":"x","minutes":20,"limit-day":2}' >"$work/lines"
wrong 'there is no field "limit-day" here; there are: id, name, minutes, grid, offset, code ... (tools/JSON.md); nothing' fasti import ndjson "$work/lines"

# ---- kill -9 and a restart: rules and overrides are there ----
before=$(digest)
kill_server
serve_march
[ "$(digest)" = "$before" ] || fail 'a restart has another digest'
shown
on=day service=visit && at 2026-03-03T09:00
refuses DAY_LIMIT '2 of 2 visits of the schedule in that day are booked'
on=capacity && at 2026-03-03T09:00
refuses TAKEN 'the time is taken'
stop
echo 'passed: every rule, by availability, explain and book, through kill -9'
