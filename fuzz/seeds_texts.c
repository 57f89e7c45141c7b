/*
 * seeds_texts.c - seeds of the fuzzers whose input is text, or nearly so.
 */
#include <string.h>

#include "fuzz/seeds.h"

static void text_write(const char *fuzzer, const char *name, const char *text) {
    seed_write(fuzzer, name, text, strlen(text));
}

static void instants(void) {
    text_write("fuzz_instant", "date", "2026-01-05");
    text_write("fuzz_instant", "minutes", "24:00");
    text_write("fuzz_instant", "utc", "2026-01-05T09:00:00Z");
    text_write("fuzz_instant", "offset", "2199-12-31T23:59:59.125-23:59");
    text_write("fuzz_instant", "local", "2026-03-29T02:30");
    text_write("fuzz_instant", "zone", "America/Argentina/Buenos_Aires");
}

static void names(void) {
    text_write("fuzz_fold", "umlauts", "Dr. Jörg Müller-Weiß");
    text_write("fuzz_fold", "apart", "Franc\xcc\xa7ois Mu\xcc\x88ller");
    text_write("fuzz_fold", "wide", "Ｆｕｌｌ ﬁne ² ﷺ");
    text_write("fuzz_fold", "scripts", "Ёлкин Σίσυφος 山田 हिन्दी");
}

/* A whole file: two types, two changes in 64 bits, a footer. */
static void zones(void) {
    static const char file[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0"
                               "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\2\0\0\0\2\0\0\0\x9"
                               "\0\0\0\0\x38\x6d\x43\x80\0\0\0\0\x69\x5d\x1b\x80\0\1"
                               "\0\0\x0e\x10\0\0\0\0\x1c\x20\1\4CET\0CEST\0"
                               "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
    seed_write("fuzz_tzif", "file", file, sizeof file - 1);
    text_write("fuzz_tzif", "berlin", "CET-1CEST,M3.5.0,M10.5.0/3");
    text_write("fuzz_tzif", "new-york", "EST5EDT,M3.2.0,M11.1.0");
    text_write("fuzz_tzif", "godthab", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    text_write("fuzz_tzif", "julian", "<+00>0<+01>,J60/0,J300");
    text_write("fuzz_tzif", "kathmandu", "<+0545>-5:45");
}

static void busy_and_holidays(void) {
    text_write("fuzz_lines", "times",
               "{\"start\":\"2026-12-01T09:00\",\"end\":\"2026-12-01T10:30Z\",\"key\":\"k\"}");
    text_write("fuzz_lines", "dates", "{\"start\":\"2026-12-21\",\"end\":\"2027-01-04\"}");
    text_write("fuzz_lines", "plan",
               "{\"record\":7,\"rank\":null,\"outcome\":\"PLANNED\",\"moved_to\":null,"
               "\"patient\":\"p\",\"age\":\"6y\",\"to\":[{\"schedule\":\"a\",\"service\":\"v\""
               ",\"start\":\"2026-03-04T09:00:00+01:00\",\"minutes\":20}],\"why\":\"\""
               "}");
    text_write("fuzz_lines", "urgency",
               "{\"record\":7,\"rank\":1,\"age\":\"6y\",\"modality\":\"video\"}");
    text_write("fuzz_lines", "template",
               "{\"kind\":\"opening\",\"schedule\":\"{location}\",\"id\":\"x\",\"rule\":\"d"
               "ated\",\"from\":\"07:00\",\"to\":\"20:00\",\"first\":\"{from}\",\"last\":\"{"
               "to}\",\"service\":[\"a {to}\"]}");
    text_write("fuzz_lines", "map", "{\"uid\":\"2f9c1b04@example.org\",\"schedule\":\"anna\"}");
    text_write("fuzz_lines", "country",
               "{\"country\":\"DE\",\"date\":\"2026-12-25\",\"name\":\"Christmas Day\"}");
    text_write("fuzz_lines", "region",
               "{\"country\":\"DE\",\"region\":\"BY\",\"date\":\"2026-01-06\"}");
}

static void lines(void) {
    text_write("fuzz_ndjson", "organization",
               "{\"kind\":\"organization\",\"id\":\"o\",\"name\":\"N\"}");
    text_write("fuzz_ndjson", "location",
               "{\"kind\":\"location\",\"id\":\"l\",\"zone\":\"Europe/Berlin\",\"latitude\":-1.5,"
               "\"longitude\":2}");
    text_write("fuzz_ndjson", "service",
               "{\"kind\":\"service\",\"id\":\"s\",\"minutes\":20,\"grid\":10,"
               "\"code\":\"57\"}");
    text_write("fuzz_ndjson", "schedule",
               "{\"kind\":\"schedule\",\"id\":\"a\",\"location\":\"l\",\"practitioner\":\"p\","
               "\"resolution\":15,\"service\":[\"s\",\"t\"],\"specialty\":[\"a\",\"b\"]}");
    text_write("fuzz_ndjson", "weekly",
               "{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"w\",\"from\":\"08:00\","
               "\"to\":\"12:00\",\"weekdays\":\"mon-fri\",\"first\":\"2026-01-01\","
               "\"last\":\"2026-12-31\",\"service\":\"s\",\"capacity\":3}");
    text_write("fuzz_ndjson", "closed",
               "{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"c\",\"rule\":\"closed\","
               "\"date\":\"2026-05-01\"}");
    text_write("fuzz_ndjson", "instant",
               "{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"i\",\"rule\":\"instant\","
               "\"from\":\"2026-01-05T09:00+01:00\",\"to\":\"2026-01-05T10:00Z\","
               "\"single\":true}");
    text_write("fuzz_ndjson", "appointment",
               "{\"kind\":\"appointment\",\"schedule\":\"a\",\"service\":\"s\","
               "\"start\":\"2026-01-05T09:00\",\"patient\":\"p\",\"payload\":\"00ff\"}");
    text_write("fuzz_ndjson", "block",
               "{\"kind\":\"block\",\"schedule\":\"a\",\"start\":\"2026-01-05T09:00\","
               "\"end\":\"2026-01-05T10:00\"}");
}

#define SMART_LOCATION                                                             \
    "{\"resourceType\":\"Location\",\"id\":\"1\",\"name\":\"Place\",\"position\":" \
    "{\"latitude\":39.4,\"longitude\":-75.0}}\n"
#define SMART_SCHEDULE                                                                       \
    "{\"resourceType\":\"Schedule\",\"id\":\"2\",\"serviceType\":[{\"coding\":[{\"system\":" \
    "\"s\",\"code\":\"covid19\",\"display\":\"C\"}]}],\"actor\":[{\"reference\":"            \
    "\"Location/1\"}]}\n"
#define SMART_SLOT                                                                              \
    "{\"resourceType\":\"Slot\",\"id\":\"3\",\"schedule\":{\"reference\":\"Schedule/2\"},"      \
    "\"status\":\"free\",\"start\":\"2023-03-25T09:00:00-05:00\","                              \
    "\"end\":\"2023-03-25T09:15:00-05:00\",\"extension\":[{\"url\":\"http://x/slot-capacity\"," \
    "\"valueInteger\":2}]}"

static void publications(void) {
    text_write("fuzz_smart", "wall-clocks", "1" SMART_LOCATION SMART_SCHEDULE SMART_SLOT);
    text_write("fuzz_smart", "instants", "0" SMART_SCHEDULE SMART_SLOT "\n" SMART_LOCATION);
    text_write("fuzz_smart", "slot", "0" SMART_SLOT);
}

/* Of fuzz_options: what is created, then its arguments, a line each. */
static void options(void) {
    text_write("fuzz_options", "organization", "0--id\no\n--name\nN");
    text_write("fuzz_options", "location",
               "1--id=l\n--zone=Europe/Berlin\n--latitude=-1.5\n--longitude=2");
    text_write("fuzz_options", "practitioner", "2--id\np");
    text_write("fuzz_options", "service",
               "3--id\ns\n--minutes\n20\n--grid=10\n--code=57\n-s\nunix:/s");
    text_write(
        "fuzz_options", "schedule",
        "4--id=a\n--location=l\n--practitioner=p\n--resolution=15\n--service=s\n--service=t\n"
        "--specialty=a\n--specialty=b");
    text_write("fuzz_options", "weekly",
               "5--schedule=a\n--id=w\n--from=08:00\n--to=12:00\n--weekdays=fri-mon,wed\n"
               "--first=2026-01-01\n--service=s\n--full\n--json");
    text_write("fuzz_options", "instant",
               "5--schedule=a\n--id=i\n--rule=instant\n--from=2026-01-05T09:00+01:00\n"
               "--to=2026-01-05T10:00Z\n--single\n--capacity=1");
    text_write("fuzz_options", "appointment",
               "6--schedule=a\n--service=s\n--start=2026-01-05T09:00\n--patient=p\n"
               "--payload=00ff\n--request-id=1f\n--timeout=7");
    text_write("fuzz_options", "block",
               "7--schedule=a\n--start=2026-01-05T09:00\n--end=2026-01-05T10:00");
}

/* Of fuzz_openings, two bytes a number: zone, resolution, date, service, duration, grid, rules. */
static void openings(void) {
    static const unsigned char weekly[] = {
        0, 0, 0, 52,                               /* one offset, +01:00 */
        0, 1, 0, 0,  0, 3,                         /* 5 minutes; the date; the first service */
        0, 0, 0, 1,  0, 1,   0, 2,   0, 1,   0, 1, /* duration, grid */
        0, 0, 0, 1,  0, 127, 0, 96,  0, 144, 0, 0, 0, 6, 0, 0,
        0, 2, 0, 1,  0, 127, 0, 100, 0, 110, 0, 0, 0, 6, 0, 0};
    static const unsigned char instant[] = {
        0, 1,  0, 52, 3, 232, 0, 56, 3,  232, /* a change of offset */
        0, 0,  0, 0,  0, 3,   0, 0,  0,  1,   0, 14, 0, 0, 0, 1,
        0, 14, 0, 3,  0, 0,   0, 1,  15, 160, 0, 45, 0, 1, 0, 1};
    seed_write("fuzz_openings", "weekly", weekly, sizeof weekly);
    seed_write("fuzz_openings", "instant", instant, sizeof instant);
}

#define CALENDAR(body) "2BEGIN:VCALENDAR\r\n" body "END:VCALENDAR\r\n"

/* Of fuzz_ical: the window, then a file. */
static void calendars(void) {
    text_write("fuzz_ical", "series",
               CALENDAR("BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Berlin:20240105T090000\r\n"
                        "DTEND;TZID=W. Europe Standard Time:20240105T100000\r\n"
                        "RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,FR;UNTIL=20250101T0000\r\n"
                        " 00Z\r\nEXDATE;TZID=Europe/Berlin:20240119T090000\r\n"
                        "RDATE;VALUE=PERIOD:20240120T080000Z/PT2H\r\nEND:VEVENT\r\n"
                        "BEGIN:VEVENT\r\nUID:a\r\nSEQUENCE:1\r\n"
                        "RECURRENCE-ID;RANGE=THISANDFUTURE:20240202T080000Z\r\n"
                        "DTSTART:20240202T100000Z\r\nDURATION:P1DT1H\r\nEND:VEVENT\r\n"));
    text_write("fuzz_ical", "zone",
               CALENDAR("X-WR-TIMEZONE:Ours\r\nBEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\n"
                        "DTSTART:16011028T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n"
                        "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
                        "BEGIN:DAYLIGHT\r\nDTSTART:20240331T020000\r\nRDATE:20250330T020000\r\n"
                        "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\n"
                        "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART:20240331T023000\r\n"
                        "DURATION:PT1H\r\nRRULE:FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=-1\r\n"
                        "END:VEVENT\r\n"));
    text_write("fuzz_ical", "days",
               CALENDAR("BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY\r\n"
                        "TRANSP:OPAQUE\r\nEND:VEVENT\r\nBEGIN:VTODO\r\nEND:VTODO\r\n"
                        "BEGIN:VFREEBUSY\r\nFREEBUSY;FBTYPE=BUSY:20240105T080000Z/PT1H,"
                        "20240106T080000Z/20240106T090000Z\r\nEND:VFREEBUSY\r\n"));
    text_write("fuzz_ical", "availability",
               CALENDAR("BEGIN:VAVAILABILITY\r\nDTSTART;TZID=Europe/Berlin:20240101T000000\r\n"
                        "BEGIN:AVAILABLE\r\nDTSTART;TZID=Europe/Berlin:20240101T090000\r\n"
                        "DTEND;TZID=Europe/Berlin:20240101T170000\r\n"
                        "RRULE:FREQ=WEEKLY;BYDAY=MO,TU\r\nEND:AVAILABLE\r\n"
                        "END:VAVAILABILITY\r\nBEGIN:VAVAILABILITY\r\nPRIORITY:1\r\n"
                        "DTSTART:20240201T080000Z\r\nDURATION:P1W\r\nEND:VAVAILABILITY\r\n"));
}

static void booking_pages(void) {
    text_write("fuzz_doctolib", "page",
               "{\"data\":{\"profile\":{\"id\":9,\"country\":\"fr\"},\"visit_motives\":["
               "{\"id\":10,\"name\":\"N\",\"duration\":20,\"telehealth\":false,"
               "\"new_patient_restrictions\":[{\"insurance_sector\":\"all\",\"agenda_ids\":[1]}],"
               "\"age_referral_restrictions\":[{\"insurance_sector\":\"public\",\"agenda_ids\":[2],"
               "\"age\":{\"operator\":\"lt\",\"age\":3,\"unit\":\"years\"}}],\"configurations\":["
               "{\"insurance\":\"public\",\"agenda_id\":2,\"disabled\":false,"
               "\"online_booking_status\":\"enabled_for_all\"}]}],\"agendas\":["
               "{\"id\":1,\"practice_id\":3,\"practitioner_id\":5,\"visit_motive_ids\":[10]},"
               "{\"id\":2,\"practice_id\":3,\"booking_disabled\":true,"
               "\"visit_motive_ids_only_for_doctors\":[10],"
               "\"visit_motive_ids_by_practice_id\":{\"3\":[10],\"4\":[10]}}],\"places\":["
               "{\"id\":\"practice-3\",\"name\":\"P\",\"zipcode\":\"97400\",\"latitude\":1.5,"
               "\"longitude\":-2,\"practice_ids\":[3]}],\"practitioners\":["
               "{\"id\":5,\"name_with_title\":\"Dr\"}]}}");
    text_write("fuzz_doctolib", "nothing",
               "{\"data\":{\"visit_motives\":[],\"agendas\":[],\"places\":[],\"practitioners\":[]"
               "}}");
}

void seeds_of_texts(void) {
    instants();
    names();
    zones();
    lines();
    busy_and_holidays();
    publications();
    booking_pages();
    options();
    openings();
    calendars();
}
