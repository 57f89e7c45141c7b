# holidays.awk - an iCalendar file of holidays, made lines for fasti import holidays.
#
#   awk -v country=DE -f tools/holidays.awk holidays.ics | fasti import holidays - --country DE --region BY ...
#
# For files of all-day events without a recurrence, as holiday calendars are published. Each event is the
# days from DTSTART up to DTEND, which is not one of them; without a DTEND, or with one that is no later,
# one day. A summary that ends in codes, "Epiphany (BW, BY & ST)", is a holiday of those regions; another
# one is of the whole country, whatever it is called: whether it is a day off is the file's word. An event
# with a time of day, or with a rule, ends this with a sentence: use an iCalendar import for those.

function days(date) { # days since 1970-01-01 of YYYYMMDD
    y = substr(date, 1, 4) + 0; m = substr(date, 5, 2) + 0; d = substr(date, 7, 2) + 0
    y -= m <= 2
    era = int(y / 400); yoe = y - era * 400
    doy = int((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1
    return era * 146097 + yoe * 365 + int(yoe / 4) - int(yoe / 100) + doy - 719468
}
function text(z) { # and back, YYYY-MM-DD
    z += 719468; era = int(z / 146097); doe = z - era * 146097
    yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
    doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100)); mp = int((5 * doy + 2) / 153)
    m = mp < 10 ? mp + 3 : mp - 9
    return sprintf("%04d-%02d-%02d", yoe + era * 400 + (m <= 2), m, doy - int((153 * mp + 2) / 5) + 1)
}
function stop(why) {
    printf "holidays.awk: line %d: %s\n", NR, why > "/dev/stderr"
    failed = 1
    exit 2
}
function quoted(name) { gsub(/\\/, "\\\\", name); gsub(/"/, "\\\"", name); return "\"" name "\"" }
function regions(name, list,    count, i, inner) { # of "... (BW, BY & ST)"; 0: it is of the country
    if (!match(name, /\([A-Z][A-Z]?[A-Z]?([ ,&]+[A-Z][A-Z]?[A-Z]?)*\)$/)) return 0
    inner = substr(name, RSTART + 1, RLENGTH - 2)
    return split(inner, list, /[ ,&]+/)
}
function line(region, date) {
    printf "{\"country\":%s,%s\"date\":\"%s\",\"name\":%s}\n", quoted(country),
        region == "" ? "" : "\"region\":" quoted(region) ",", text(date), quoted(name)
}
function event(    first, last, count, list, i) {
    if (start !~ /^[0-9]+$/ || length(start) != 8) stop("\"" name "\" does not start on a date")
    first = days(start)
    last = end ~ /^[0-9]+$/ && length(end) == 8 ? days(end) - 1 : first
    count = regions(name, list)
    for (; first <= last || first == days(start); first++) {
        if (count == 0) line("", first)
        for (i = 1; i <= count; i++) line(list[i], first)
    }
}
function property(whole,    colon, head, value) {
    colon = index(whole, ":"); head = substr(whole, 1, colon - 1); value = substr(whole, colon + 1)
    sub(/;.*/, "", head)
    if (whole == "BEGIN:VEVENT") { inside = 1; start = end = name = "" }
    else if (whole == "END:VEVENT") { inside = 0; event() }
    else if (inside && head == "DTSTART") start = value
    else if (inside && head == "DTEND") end = value
    else if (inside && head == "RRULE" && value != "") stop("\"" name "\" has a rule")
    else if (inside && head == "SUMMARY") { name = value; gsub(/\\[nN]/, " ", name); gsub(/\\/, "", name) }
}
BEGIN { if (country == "") { print "holidays.awk: which country? -v country=DE" > "/dev/stderr"; failed = 1; exit 2 } }
{ sub(/\r$/, "") }
/^[ \t]/ { held = held substr($0, 2); next } # a folded line goes on
{ property(held); held = $0 }
END { if (!failed) property(held) }
