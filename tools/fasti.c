/*
 * fasti.c - the command line client: which command is meant, and nothing else.
 *
 *   fasti [options] VERB [NOUN] [options] [ARGUMENT]
 *
 * Exit: 0 done, 1 refused by an outcome, 2 usage or invalid input, 3 unreachable or a status.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/zoneinfo.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_emergency.h"
#include "tools/fasti_facts.h"

#define TEXT(name, required, argument, help) \
    { name, FASTI_FIELD_TEXT, required, argument, help }
#define INTEGER(name, required, argument, help) \
    { name, FASTI_FIELD_INTEGER, required, argument, help }
#define TEXTS(name, argument, help) \
    { name, FASTI_FIELD_TEXTS, false, argument, help }
#define FLAG(name, help) \
    { name, FASTI_FIELD_FLAG, false, NULL, help }

static const struct fasti_field smart_fields[] = {
    TEXT("zone", true, "ZONE", "IANA time zone of every location"),
    INTEGER("minutes", true, "N", "Length of a visit in a long span, 1 to 1440"),
    FLAG("civil", "Read the wall clock and leave the offset out of account"),
    TEXT("source", false, "NAME", "Whose publication it is: a newer one replaces it (smart)"),
    INTEGER("resolution", false, "N", "At most so many minutes a schedule's bit: 1, 5, 10 or 15"),
    FLAG("skip-bad-lines", "Pass over lines that cannot be read, and count them"),
    FLAG("dry-run", "Read and report, but import nothing"),
};

static const struct fasti_field busy_fields[] = {
    TEXT("schedule", true, "ID", "Whose time is busy"),
    TEXT("source", true, "NAME", "Whose busy times they are: blocks of other sources stay"),
    FLAG("dry-run", "Say what would change, and change nothing"),
};

#define BUSY_HELP                                                                                  \
    "Make the blocks of one source just the busy times of a file; - is standard input.\v"          \
    "A line is {\"start\": TIME, \"end\": TIME, \"key\": TEXT}; TIME as in \"fasti help block\", " \
    "or a date (its midnight; as an end: the day after the last one). Every line is read before "  \
    "anything is changed. Blocks of the source that are in the file stay, those that are not are " \
    "taken away, the others are added; blocks by hand, of other sources and of the past stay. "    \
    "What overlaps is merged, what does not fill a tick of the schedule fills it. Appointments "   \
    "stay, the time around them is blocked, and they are told of. A file that changed nothing "    \
    "since changes nothing; a run that broke off is finished by running it again."

static const struct fasti_field export_fields[] = {
    TEXT("out", false, "FILE", "Write to this file, which is there once it is whole"),
};

#define EXPORT_NDJSON_HELP                                                                         \
    "Write all that the server keeps as lines that \"fasti import ndjson\" takes.\v"               \
    "Zones, organizations and all that is theirs, openings with their sources, then appointments " \
    "and blocks in every state with all that is kept of them (tools/JSON.md). Imported into an "   \
    "empty server they make the same state, with the same digest. --organization ID limits it to " \
    "one: to read it, or to bring it into another server; digests are of whole servers. Lines go " \
    "to standard output unless --out says where. The file holds patient references, payloads and " \
    "the tokens of holds: keep it as you keep the data directory."

static const struct fasti_field export_ics_fields[] = {
    TEXT("schedule", false, "ID", "Whose calendar; all of the organization if not said"),
    FLAG("blocks", "Only blocks, and no openings"),
    FLAG("patients", "Tell the opaque reference of the patient, too"),
    TEXT("out", false, "FILE", "Write to this file, which is there once it is whole"),
};

#define EXPORT_ICS_HELP                                                                            \
    "Write appointments and blocks as events of an iCalendar file (RFC 5545).\v"                   \
    "What takes time for good: what was cancelled, moved or is only held is left out. An event "   \
    "is "                                                                                          \
    "the time of one schedule; its UID stays. Nothing of a patient is told unless --patients "     \
    "asks "                                                                                        \
    "for the reference. With --schedule its openings come as VAVAILABILITY (RFC 7953), as far as " \
    "they can be said so; what is left out is counted (tools/ICALENDAR.md). \"fasti import ics\" " \
    "takes what this writes."

static const struct fasti_field export_csv_fields[] = {
    TEXT("out", true, "DIR", "Write the files into this folder, which is made if need be"),
    FLAG("patients", "Tell the opaque reference of the patient, too"),
};

#define EXPORT_CSV_HELP                                                                            \
    "Write tables for a spreadsheet, a file a kind (RFC 4180).\v"                                  \
    "organizations.csv, locations.csv, practitioners.csv, services.csv, schedules.csv, "           \
    "openings.csv, appointments.csv and blocks.csv, each with a line of headers. Of a record in "  \
    "any state there is a line for each of its items. A text that a spreadsheet would take for a " \
    "formula (it begins with =, +, -, @, a tab or a return) gets a ' in front. All of the "        \
    "server, "                                                                                     \
    "or of --organization ID; for people and reports: \"fasti export ndjson\" is what can be "     \
    "imported again."

static const struct fasti_field holidays_fields[] = {
    TEXT("country", true, "CODE", "Where the locations lie: two letters, such as DE"),
    TEXT("region", false, "CODE", "In which region of it, such as BY (ISO 3166-2 DE-BY)"),
    TEXTS("location", "ID", "A location that lies there, once for each"),
    FLAG("all-locations", "All locations of the organization lie there"),
};

#define HOLIDAYS_HELP                                                                              \
    "Close the public holidays of a place on all schedules of its locations.\v"                    \
    "A line is {\"country\": CODE, \"region\": CODE, \"date\": DATE, \"name\": TEXT}, region and " \
    "name may be absent; - is standard input. The holidays of the country and those of --region "  \
    "count. They become closed openings of the source holidays:COUNTRY-REGION, by one commit: a "  \
    "newer file replaces them as a whole, locations that are not named any more lose them, and "   \
    "what was set by hand stays. A dated opening on a holiday stays open. Appointments that lose " \
    "their opening stay and are told of. Schedules that are made later need another import."

static const struct fasti_field doctolib_fields[] = {
    TEXT("zone", false, "ZONE",
         "IANA time zone of every place; the one of its country if not said"),
    INTEGER("minutes", false, "N", "Length of a visit of a new service, 1 to 1440 (15)"),
    FLAG("dry-run", "Read and report, but import nothing"),
};

#define DOCTOLIB_HELP                                                                              \
    "Import what Doctolib's booking page begins with as a directory; - is standard input.\v"       \
    "FILE is its JSON answer: places become locations, visit motives services, agendas schedules " \
    "at their place, all by one commit, all or nothing. Nothing is fetched. Ids are the file's. "  \
    "Who may book (known patients, ages, sectors, video, doctors alone) become rules; what has "   \
    "none is told, record by record (tools/IMPORTS.md). A repeat changes nothing; a newer file "   \
    "replaces what it tells. What it has no word for stays as it is set here: lengths, notice, "   \
    "limits, openings. Openings are not in the file."

static const struct fasti_field ics_fields[] = {
    TEXT("schedule", false, "ID", "Whose calendar it is; with --map: whose the other events are"),
    TEXT("map", false, "FILE", "Which events are of which schedule, by their UIDs (below)"),
    FLAG("skip-unmapped", "Leave events out that the map does not name, and count them"),
    TEXT("source", false, "NAME",
         "Whose busy times they are; ics: and the file's name if not said"),
    TEXT("until", false, "DATE", "How far ahead; 400 days if not said"),
    TEXT("zoneinfo", false, "DIR", "Time zone files (default " FASTI_ZONEINFO_DEFAULT ")"),
    FLAG("dry-run", "Say what would change, and change nothing"),
};

#define ICS_HELP                                                                                   \
    "Make an iCalendar file (RFC 5545) blocks, and its VAVAILABILITY openings.\v"                  \
    "Every event that takes time, from now to --until, is blocked as \"fasti import busy\" does "  \
    "it: a newer file of the same source replaces all that it brought to the schedule; all else, " \
    "and appointments, stay. Openings replace those of the source, and are published first. Days " \
    "and times without a zone are those of the schedule's place. The whole file is read before "   \
    "anything is sent; all that is wrong with it is told (tools/ICALENDAR.md).\n\n"                \
    "A line of --map is {\"uid\": TEXT, \"schedule\": ID}. Events that it does not name are "      \
    "those "                                                                                       \
    "of --schedule; without that they refuse the file, or are left out by --skip-unmapped."

static const struct fasti_field availability_fields[] = {
    {"service", FASTI_FIELD_TEXTS, true, "ID", "The service to book; up to 16, once for each"},
    TEXTS("schedule", "ID", "A schedule, once for each; all that offer it if not said"),
    TEXTS("location", "ID", "Only schedules at this location; up to 16, once for each"),
    TEXT("from", false, "DATE", "First local date; today if not said"),
    INTEGER("days", false, "N", "How many days, 1 to 60; 7 if not said"),
    FLAG("starts", "Write every start out"),
    FASTI_FACTS_SEARCH_FIELDS,
};

static const struct fasti_field search_fields[] = {
    TEXT("specialty", false, "CODE", "Of the schedule: one of its specialties"),
    TEXT("code", false, "CODE", "Of the service; one of the two is needed"),
    INTEGER("minutes", false, "N", "Only services of so many minutes"),
    {"Where:", FASTI_FIELD_HEADING, false, NULL, NULL},
    TEXT("near", false, "LAT,LON", "Around this point"),
    TEXT("within", false, "KM", "So far around it: 5, 2.5 or 500m"),
    TEXT("box", false, "SOUTH,WEST,NORTH,EAST", "Between these degrees"),
    {"When:", FASTI_FIELD_HEADING, false, NULL, NULL},
    TEXT("from", false, "DATE", "First local date; today if not said"),
    TEXT("to", false, "DATE", "The last one; 14 days later if not said, 400 days at most"),
    TEXT("after", false, "HH:MM", "Starts at this local time or later"),
    TEXT("before", false, "HH:MM", "Starts before this local time"),
    TEXT("weekdays", false, "DAYS", "Starts on these days, such as mon-fri or mon,wed"),
    {"How it is told:", FASTI_FIELD_HEADING, false, NULL, NULL},
    TEXT("order", false, "WHAT",
         "start: who is free first (if not said); distance; day: by the day, then the distance"),
    INTEGER("limit", false, "N", "So many schedules, 1 to 100; 20 if not said"),
    INTEGER("starts", false, "N", "So many starts of each, 1 to 16; 1 if not said"),
    TEXT("page", false, "CURSOR", "The page behind another one, which printed the cursor"),
    FASTI_FACTS_SEARCH_FIELDS,
};

static const struct fasti_field heatmap_fields[] = {
    TEXT("specialty", false, "CODE", "Of the schedule: one of its specialties"),
    TEXT("code", false, "CODE", "Of the service; one of the two is needed"),
    INTEGER("minutes", false, "N", "Only services of so many minutes"),
    TEXT("near", false, "LAT,LON", "Around this point"),
    TEXT("within", false, "KM", "So far around it: 5, 2.5 or 500m"),
    TEXT("box", false, "SOUTH,WEST,NORTH,EAST", "Between these degrees; one of the two is needed"),
    TEXT("cell", false, "DEGREES", "Side of a cell, 0.01 to 10; 0.1 if not said"),
    TEXT("from", false, "DATE", "First local date; today if not said"),
    TEXT("to", false, "DATE", "The last one; 6 days later if not said, 31 days at most"),
    FASTI_FACTS_SEARCH_FIELDS,
};

static const struct fasti_field names_fields[] = {
    TEXTS("kind", "KIND", "Only this one, once for each: location, practitioner, service"),
    INTEGER("limit", false, "N", "So many names, 1 to 100; 20 if not said"),
    TEXT("page", false, "CURSOR", "The page behind another one, which printed the cursor"),
};

#define VISIT_FIELDS(required)                                                        \
    TEXT("schedule", required, "ID", "The schedule to book on"),                      \
        TEXT("service", required, "ID", "The service to book"),                       \
        TEXT("start", required, "TIME",                                               \
             "2026-11-24T09:00, local time of the schedule, or with an offset or Z"), \
        TEXT("patient", required, "REFERENCE",                                        \
             "Your opaque reference of the patient, up to 64 bytes"),                 \
        TEXT("payload", false, "HEX",                                                 \
             "Sealed bytes to keep with it, in hexadecimal, up to 1024 bytes")

static const struct fasti_field explain_fields[] = {
    TEXT("schedule", true, "ID", "Whose time"),
    TEXT("service", true, "ID", "For what"),
    TEXT("start", true, "TIME",
         "2026-11-24T09:00, local time of the schedule, or with an offset or Z"),
    FASTI_FACTS_FIELDS,
};

static const struct fasti_field book_fields[] = {
    VISIT_FIELDS(false),
    TEXTS("item", "ITEM", "One more row, all or nothing with the others; once for each (below)"),
    FLAG("request", "The appointments wait for approval"),
    FLAG("fair", "Of rows joined by \"or\" the one with the fewest visits that day, not the first"),
    FASTI_FACTS_FIELDS,
};

static const struct fasti_field hold_fields[] = {
    TEXT("schedule", false, "ID", "Whose time"),
    TEXT("service", false, "ID", "For what"),
    TEXT("start", false, "TIME", "Local time of the schedule, or an instant"),
    TEXTS("item", "ITEM", "One more row, all or nothing; once for each (see help book)"),
    FLAG("fair", "Of rows joined by \"or\" the one with the fewest visits that day, not the first"),
    INTEGER("seconds", false, "N", "How long, 10 to 1800; 300 if not said"),
    TEXT("replace", false, "RECORD", "A hold of yours that ends with it"),
    TEXT("token", false, "HEX", "The token of that hold"),
    FASTI_FACTS_FIELDS,
};

static const struct fasti_field confirm_fields[] = {
    TEXT("token", true, "HEX", "As hold printed it"),
    {"patient", FASTI_FIELD_TEXTS, true, "REFERENCE",
     "For whom: once for all records, or once for each in their order"},
    FLAG("request", "The appointments wait for approval"),
};

static const struct fasti_field extend_fields[] = {
    TEXT("token", true, "HEX", "As hold printed it"),
    INTEGER("seconds", false, "N", "How long from now, 10 to 1800; 300 if not said"),
};

static const struct fasti_field release_fields[] = {
    TEXT("token", true, "HEX", "As hold printed it"),
};

static const struct fasti_field move_fields[] = {
    TEXT("start", false, "TIME", "Local time of the schedule (10:20: that day), or an instant"),
    TEXT("schedule", false, "ID", "Another schedule"),
    TEXT("service", false, "ID", "Another service"),
    TEXTS("item", "ITEM", "A row that it has from now on; once for each (below)"),
    FLAG("fair", "Of rows joined by \"or\" the one with the fewest visits that day, not the first"),
    TEXT("at", false, "TIME", "All its rows as they are, the first one at this time"),
    FASTI_FACTS_FIELDS,
};

static const struct fasti_field series_fields[] = {
    VISIT_FIELDS(true),
    TEXT("every", true, "1w", "Weeks or days from one to the next: 1w, 2w, 3d"),
    INTEGER("count", true, "N", "How many appointments, 1 to 64"),
    FLAG("skip-conflicts", "Book the dates that can be had, and say which cannot"),
    FASTI_FACTS_FIELDS,
};

/* Whoever asks about a time, or takes it. */
#define FACTS_HELP                                                                                 \
    "Services and schedules may have rules (\"fasti help create service\"). A rule that asks for " \
    "more than is known of the patient refuses; what is not wished does not matter. Staff (--by "  \
    "staff) may override them all, and the openings, but not time that is taken or past. Only "    \
    "--modality and --override are kept with the appointment."

#include "tools/fasti_combine_options.h"

#define SEARCH_HELP                                                                               \
    "Who can see me first? Over all organizations.\v"                                             \
    "Codes are what organizations agree on (\"fasti help set service\", \"schedule\"): they are " \
    "compared as they are. --organization ID (or FASTI_ORGANIZATION) looks in that one only. Of " \
    "each schedule the first start is told that a booking would get with what is known of the "   \
    "patient. Where there are more, the last line says the cursor for --page: the other options " \
    "stay as they are.\n\n" FACTS_HELP "\n"                                                       \
    "\nA dermatologist within five kilometres, after work:\n"                                     \
    "fasti search --specialty dermatology --near 52.52,13.405 --within 5 \\\n"                    \
    "  --after 17:00 --weekdays mon-fri\n"                                                        \
    "\nThe nearest who gives that service, new patients by video:\n"                              \
    "fasti search --code 57 --near 52.52,13.405 --within 500m --order distance \\\n"              \
    "  --patient-kind new --modality video"

#define HEATMAP_HELP                                                                             \
    "Where and when is there room? Free starts by day and cell of a grid.\v"                     \
    "A cell is told of by its south-western corner; \"2: 17\" of a day are 2 schedules with 17 " \
    "free starts, as availability lists them (of several services of a schedule that are "       \
    "meant: of the one with most).\n"                                                            \
    "\nfasti heatmap --specialty dermatology --box 52.3,13.1,52.7,13.8 --cell 0.1"

#define NAMES_HELP                                                                           \
    "Who is called so, and where? Practitioners, locations and services.\v"                  \
    "Each word of TEXT is the beginning of a word of the name, in any order. Case, accents " \
    "and umlauts do not count: Muller, mueller and MÜLLER find Müller. Whole words come "  \
    "first, then names in their order. Of a practitioner the first schedule is told, and "   \
    "where that is.\n"                                                                       \
    "\nfasti names müller jörg --kind practitioner"

/* Examples keep their lines below 79 columns: help would break them. */
#define BOOK_HELP                                                                                 \
    "Book one start for one patient, or several rows, all or nothing.\v"                          \
    "ITEM is [with|or] [SCHEDULE] [NAME=VALUE]..., NAME being schedule, service, start, "         \
    "patient, payload or a fact (by, modality, sector, language, patient-kind, age; "             \
    "referral=yes, override=yes). It begins another appointment; \"with\" goes with the row "     \
    "before it "                                                                                  \
    "(room, device), \"or\" stands in for that row when it cannot be had. What an item does "     \
    "not say is as in the item that began the appointment before, for the first one as in the "   \
    "options; after with and or as in the row before. start=09:20 is that time on the same "      \
    "day. An id with spaces, = or quotes is written in \"...\" or '...'. With --schedule the "    \
    "options are the first row, without it only what the first item goes by.\n\n" FACTS_HELP "\n" \
    "\nA mother and two children, one after the other:\n"                                         \
    "fasti book --schedule anna --service visit --start 2026-11-30T09:00 \\\n"                    \
    "  --patient mother --item 'start=09:20 patient=child-1' \\\n"                                \
    "  --item 'start=09:40 patient=child-2'\n"                                                    \
    "\nDoctor and room:\n"                                                                        \
    "fasti book --schedule anna --service visit --start 2026-11-30T09:00 \\\n"                    \
    "  --patient p-1 --item 'with room-1'\n"                                                      \
    "\nThe first free one of three lanes (--fair: the one with the fewest visits):\n"             \
    "fasti book --service shot --start 2026-11-30T09:00 --patient p-1 \\\n"                       \
    "  --item lane-1 --item 'or lane-2' --item 'or lane-3'\n"                                     \
    "\nEvery Monday at nine, ten times:\n"                                                        \
    "fasti series --schedule anna --service visit --start 2026-11-30T09:00 \\\n"                  \
    "  --patient p-1 --every 1w --count 10\n"                                                     \
    "\nA child with a referral by video; staff, though a rule is against it:\n"                   \
    "fasti book --schedule anna --service visit --start 2026-11-30T09:00 \\\n"                    \
    "  --patient p-1 --age 6y --referral --modality video\n"                                      \
    "fasti book --schedule anna --service visit --start 2026-11-30T09:00 \\\n"                    \
    "  --patient p-1 --by staff --override"

#define EXPLAIN_HELP                                                                              \
    "Would it be booked? If not, which rule is against it.\v"                                     \
    "Looks and takes nothing. Exit 0: it would be booked; 1: it would be refused.\n\n" FACTS_HELP \
    "\n"                                                                                          \
    "\nfasti explain --schedule anna --service visit --start 2026-11-30T09:00 \\\n  --age 6y"

#define HOLD_HELP                                                                               \
    "Hold one start for a while, or several rows, all or nothing, for nobody yet.\v"            \
    "Prints a token; who has it confirms, extends or releases the holds. When their time is "   \
    "over it is free for everybody. A frontend holds while a person fills in a form, then "     \
    "confirms. ITEM is as in \"fasti help book\", without patient and payload: each that does " \
    "not say \"with\" or \"or\" is a hold of its own, with a record of its own and the same "   \
    "token.\n"                                                                                  \
    "\nA mother and a child, then for both:\n"                                                  \
    "fasti hold --schedule anna --service visit --start 2026-11-30T09:00 \\\n"                  \
    "  --item start=09:20\n"                                                                    \
    "fasti confirm 5 6 --token TOKEN --patient mother --patient child"

#define MOVE_HELP                                                                             \
    "Move an appointment: the old time is freed only if the new one is had.\v"                \
    "What is not said of a row stays. Of an appointment with several rows (doctor and room) " \
    "--at moves all by the same time; --item says what the rows are instead: as in \"fasti "  \
    "help book\", of one appointment. An item that begins with \"with\" or \"or\" stands "    \
    "beside its first row, which --start, --schedule and --service change; another one is "   \
    "the first row.\n"                                                                        \
    "\nDoctor and room together to 10:20 of that day:\n"                                      \
    "fasti move 7 --at 10:20\n"                                                               \
    "\nThe same doctor at 10:20, with another room:\n"                                        \
    "fasti move 7 --start 10:20 --item 'with room-2'\n"                                       \
    "\nAnother doctor, in the first free of two rooms, at the same time:\n"                   \
    "fasti move 7 --item ben --item 'with room-1' --item 'or room-2'"

static const struct fasti_field cancel_fields[] = {
    TEXT("reason", false, "CODE", "Why: a cancellation reason of FHIR (below)"),
};

#define REASON_LINE(name, number, code, text) "\n" code ": " text
/* What the commands that have cancel_fields say of them. */
#define REASON_HELP \
    "CODE is one of FHIR's appointment-cancellation-reason:" FASTI_CANCEL_REASON_TABLE(REASON_LINE)

static const struct fasti_field list_fields[] = {
    TEXT("schedule", false, "ID", "Of this schedule"),
    TEXT("patient", false, "REFERENCE", "Of this patient reference"),
    TEXT("from", false, "TIME", "Starts at or after this date or time"),
    TEXT("to", false, "TIME", "Starts before this date or time"),
    FLAG("all", "Cancelled ones too"),
    FLAG("blocks", "Blocks too (with --schedule)"),
    TEXT("source", false, "NAME", "Only blocks of this source (with --schedule)"),
    FLAG("conflicts", "Only those that no opening covers any more"),
    INTEGER("limit", false, "N", "At most so many, newest first; 1000 if not said"),
};

static const struct fasti_field conflicts_fields[] = {
    TEXT("from", false, "TIME", "Starts at or after this date or time; now if not said"),
    TEXT("to", false, "TIME", "Starts before this date or time"),
    INTEGER("limit", false, "N", "At most so many; 1000 if not said"),
};

static const struct fasti_field backup_fields[] = {
    TEXT("from", false, "DATA", "The server's data directory; ./data if not said"),
};

static const struct fasti_field restore_fields[] = {
    TEXT("to", false, "DATA", "The data directory to make; ./data if not said"),
};

/* What create and set say of services and schedules. */
#define RULES_HELP                                                                                 \
    "A rule that is not said restricts nothing. Where service and schedule both have one the "     \
    "stricter holds. Limits of a service count its own visits on a schedule, those of a schedule " \
    "all of its visits. SPAN is minutes, or 2h, 3d, 1w; AGE is months, or 18y, 6m; several words " \
    "stand apart by commas. 0, no, and \"any\" take a rule back. A patient's age and the like "    \
    "are "                                                                                         \
    "known only when a booking says so (\"fasti help book\"); \"fasti explain\" tells which rule " \
    "is against it.\n"                                                                             \
    "\nNotice of two days, eight weeks ahead, new adults only, five a day:\n"                      \
    "fasti set service --id visit --notice 2d --horizon 56 \\\n"                                   \
    "  --patients new --age-min 18y --limit-day 5\n"                                               \
    "\nNobody for now, ben stands in; then as before:\n"                                           \
    "fasti set schedule --id anna --paused yes --substitute ben\n"                                 \
    "fasti set schedule --id anna --paused no --substitute ''"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CREATE_COMMAND(noun, kind)                                                             \
    {                                                                                          \
        "create", noun, NULL, "Create " noun ": refused if it is there and differs.", NULL, 0, \
            fasti_run_create, kind                                                             \
    }
#define SET_COMMAND(noun, kind)                                                               \
    {                                                                                         \
        "set", noun, NULL, "Set " noun ": create it, or change what is said of it.", NULL, 0, \
            fasti_run_set, kind                                                               \
    }
#define MARK_COMMAND(verb, help) \
    { verb, NULL, "RECORD", help, NULL, 0, fasti_run_mark, FASTI_LINE_KINDS }
/* What ends an appointment, or tells that it did not happen, may say why. */
#define REASON_COMMAND(verb, help, run)                                                        \
    {                                                                                          \
        verb, NULL, "RECORD", help "\v" REASON_HELP, cancel_fields, COUNT(cancel_fields), run, \
            FASTI_LINE_KINDS                                                                   \
    }
#define LIST_COMMAND(noun, kind) \
    { "list", noun, NULL, "List all " noun ".", NULL, 0, fasti_run_list_entities, kind }
#define SHOW_COMMAND(noun, kind) \
    { "show", noun, "ID", "Show one " noun ".", NULL, 0, fasti_run_show_entity, kind }

static const struct fasti_command_spec specs[] = {
    {"import", "smart", "DIR",
     "Import a SMART Scheduling Links publication from a directory.\v"
     "Files are told apart by their lines; nothing is fetched. Published by one commit: all or "
     "nothing. A repeat changes nothing; a newer publication of the same --source replaces its "
     "openings and reports appointments that lost theirs. Spans of up to 60 minutes are one "
     "visit each.",
     smart_fields, COUNT(smart_fields), fasti_run_import_smart, FASTI_LINE_KINDS},
    {"import", "ndjson", "FILE",
     "Import our own lines, one JSON object each (tools/JSON.md); - is standard input.\v"
     "Directory lines are one import, all or nothing; then appointments and blocks are booked "
     "one by one. Exit 1 if one of those is refused.",
     NULL, 0, fasti_run_import_ndjson, FASTI_LINE_KINDS},
    {"import", "busy", "FILE", BUSY_HELP, busy_fields, COUNT(busy_fields), fasti_run_import_busy,
     FASTI_LINE_KINDS},
    {"import", "holidays", "FILE", HOLIDAYS_HELP, holidays_fields, COUNT(holidays_fields),
     fasti_run_import_holidays, FASTI_LINE_KINDS},
    {"import", "ics", "FILE", ICS_HELP, ics_fields, COUNT(ics_fields), fasti_run_import_ics,
     FASTI_LINE_KINDS},
    {"import", "doctolib", "FILE", DOCTOLIB_HELP, doctolib_fields, COUNT(doctolib_fields),
     fasti_run_import_doctolib, FASTI_LINE_KINDS},
    {"export", "ndjson", NULL, EXPORT_NDJSON_HELP, export_fields, COUNT(export_fields),
     fasti_run_export_ndjson, FASTI_LINE_KINDS},
    {"export", "ics", NULL, EXPORT_ICS_HELP, export_ics_fields, COUNT(export_ics_fields),
     fasti_run_export_ics, FASTI_LINE_KINDS},
    {"export", "csv", NULL, EXPORT_CSV_HELP, export_csv_fields, COUNT(export_csv_fields),
     fasti_run_export_csv, FASTI_LINE_KINDS},
    CREATE_COMMAND("organization", FASTI_LINE_ORGANIZATION),
    SET_COMMAND("organization", FASTI_LINE_ORGANIZATION),
    CREATE_COMMAND("location", FASTI_LINE_LOCATION),
    SET_COMMAND("location", FASTI_LINE_LOCATION),
    CREATE_COMMAND("practitioner", FASTI_LINE_PRACTITIONER),
    SET_COMMAND("practitioner", FASTI_LINE_PRACTITIONER),
    CREATE_COMMAND("service", FASTI_LINE_SERVICE),
    SET_COMMAND("service", FASTI_LINE_SERVICE),
    CREATE_COMMAND("schedule", FASTI_LINE_SCHEDULE),
    SET_COMMAND("schedule", FASTI_LINE_SCHEDULE),
    CREATE_COMMAND("opening", FASTI_LINE_OPENING),
    SET_COMMAND("opening", FASTI_LINE_OPENING),
    {"availability", NULL, NULL, "Which starts are free.\v" FACTS_HELP, availability_fields,
     COUNT(availability_fields), fasti_run_availability, FASTI_LINE_KINDS},
    {"search", NULL, NULL, SEARCH_HELP, search_fields, COUNT(search_fields), fasti_run_search,
     FASTI_LINE_KINDS},
    {"heatmap", NULL, NULL, HEATMAP_HELP, heatmap_fields, COUNT(heatmap_fields), fasti_run_heatmap,
     FASTI_LINE_KINDS},
    {"names", NULL, "TEXT...", NAMES_HELP, names_fields, COUNT(names_fields), fasti_run_names,
     FASTI_LINE_KINDS},
    {"joint", NULL, NULL, JOINT_HELP, joint_fields, COUNT(joint_fields), fasti_run_joint,
     FASTI_LINE_KINDS},
    {"chain", NULL, NULL, CHAIN_HELP, chain_fields, COUNT(chain_fields), fasti_run_chain,
     FASTI_LINE_KINDS},
    {"visits", NULL, NULL, VISITS_HELP, visits_fields, COUNT(visits_fields), fasti_run_visits,
     FASTI_LINE_KINDS},
    {"explain", NULL, NULL, EXPLAIN_HELP, explain_fields, COUNT(explain_fields), fasti_run_explain,
     FASTI_LINE_KINDS},
    {"book", NULL, NULL, BOOK_HELP, book_fields, COUNT(book_fields), fasti_run_book,
     FASTI_LINE_KINDS},
    {"series", NULL, NULL,
     "Book the same time of day every so many weeks or days, all or nothing.\v"
     "The local time is kept when clocks change. If a date cannot be had nothing is booked: each "
     "such date is named, with the nearest start that is free. \"fasti visits\" looks before.",
     series_fields, COUNT(series_fields), fasti_run_series, FASTI_LINE_KINDS},
    {"hold", NULL, NULL, HOLD_HELP, hold_fields, COUNT(hold_fields), fasti_run_hold,
     FASTI_LINE_KINDS},
    {"confirm", NULL, "RECORD...", "Make holds of one token appointments, all or none.",
     confirm_fields, COUNT(confirm_fields), fasti_run_confirm, FASTI_LINE_KINDS},
    {"extend", NULL, "RECORD...",
     "Hold longer, at most an hour in all; several of one token, all or none.", extend_fields,
     COUNT(extend_fields), fasti_run_extend, FASTI_LINE_KINDS},
    {"release", NULL, "RECORD...",
     "End a hold and free its time; several of one token, all or none.", release_fields,
     COUNT(release_fields), fasti_run_release, FASTI_LINE_KINDS},
    {"move", NULL, "RECORD", MOVE_HELP, move_fields, COUNT(move_fields), fasti_run_move,
     FASTI_LINE_KINDS},
    MARK_COMMAND("approve", "Approve an appointment that was requested."),
    REASON_COMMAND("decline", "Decline an appointment that was requested, and free its time.",
                   fasti_run_mark),
    MARK_COMMAND("arrive", "Note that the patient has arrived."),
    MARK_COMMAND("fulfil", "Note that the appointment has taken place."),
    REASON_COMMAND("no-show", "Note that the patient did not come.", fasti_run_mark),
    REASON_COMMAND("cancel", "Cancel an appointment by its record number.", fasti_run_cancel),
    {"block", NULL, NULL, "Take time without an appointment: absence, holiday.", NULL, 0,
     fasti_run_block, FASTI_LINE_BLOCK},
    {"unblock", NULL, "RECORD", "Take a block away by its record number.", NULL, 0,
     fasti_run_unblock, FASTI_LINE_KINDS},
    {"list", "appointments", NULL, "List appointments of a schedule or of a patient.", list_fields,
     COUNT(list_fields), fasti_run_list_appointments, FASTI_LINE_KINDS},
    {"list", "conflicts", NULL,
     "List appointments that no opening covers any more, of all schedules.", conflicts_fields,
     COUNT(conflicts_fields), fasti_run_list_conflicts, FASTI_LINE_KINDS},
    LIST_COMMAND("organizations", FASTI_LINE_ORGANIZATION),
    LIST_COMMAND("locations", FASTI_LINE_LOCATION),
    LIST_COMMAND("practitioners", FASTI_LINE_PRACTITIONER),
    LIST_COMMAND("services", FASTI_LINE_SERVICE),
    LIST_COMMAND("schedules", FASTI_LINE_SCHEDULE),
    {"show", NULL, "RECORD", "Show an appointment or block by its record number.", NULL, 0,
     fasti_run_show_record, FASTI_LINE_KINDS},
    SHOW_COMMAND("organization", FASTI_LINE_ORGANIZATION),
    SHOW_COMMAND("location", FASTI_LINE_LOCATION),
    SHOW_COMMAND("practitioner", FASTI_LINE_PRACTITIONER),
    SHOW_COMMAND("service", FASTI_LINE_SERVICE),
    SHOW_COMMAND("schedule", FASTI_LINE_SCHEDULE),
    {"status", NULL, NULL, "How the server is.", NULL, 0, fasti_run_status, FASTI_LINE_KINDS},
    {"checkpoint", NULL, NULL,
     "Write a snapshot, so that the next start is quick.\v"
     "The server writes one by itself when its log has grown (fastid --snapshot-log-bytes); "
     "nothing is held up meanwhile.",
     NULL, 0, fasti_run_checkpoint, FASTI_LINE_KINDS},
    {"backup", NULL, "DIR",
     "Copy a data directory to DIR, also while its server runs.\v"
     "Files to files on this machine: the newest snapshot and the log behind it, then a replay of "
     "the copy, whose digest must be the log's. Run again after it broke off, or for a newer "
     "backup: what is in DIR already is not written again. Until it says that it is done DIR is no "
     "backup.",
     backup_fields, COUNT(backup_fields), fasti_run_backup, FASTI_LINE_KINDS},
    {"restore", NULL, "DIR",
     "Make a data directory of the backup in DIR.\v"
     "The target is empty or not there; its digest is proved by replay. Then start fastid on it.",
     restore_fields, COUNT(restore_fields), fasti_run_restore, FASTI_LINE_KINDS},
};

#define SPECS (COUNT(specs) + FASTI_EMERGENCY_COMMANDS)

/* Those above, then those that stand elsewhere. */
static const struct fasti_command_spec *spec_at(size_t index) {
    return index < COUNT(specs) ? &specs[index] : &fasti_emergency_specs[index - COUNT(specs)];
}

/* A command whose fields are those of an import line. */
static bool has_line_fields(const struct fasti_command_spec *spec) {
    return strcmp(spec->verb, "create") == 0 || strcmp(spec->verb, "set") == 0 ||
           spec->kind == FASTI_LINE_BLOCK;
}

/* What set needs to know which record is meant; the rest may be left out. */
static bool names_the_record(enum fasti_line_kind kind, const char *field) {
    return strcmp(field, "id") == 0 ||
           (kind == FASTI_LINE_OPENING && strcmp(field, "schedule") == 0);
}

/* verb NULL: all commands. */
static void print_commands(FILE *file, const char *verb) {
    for (size_t i = 0; i < SPECS; i++) {
        const struct fasti_command_spec *spec = spec_at(i);
        char words[48];
        if (verb != NULL && strcmp(spec->verb, verb) != 0)
            continue;
        snprintf(words, sizeof words, "%s%s%s%s%s", spec->verb, spec->noun != NULL ? " " : "",
                 spec->noun != NULL ? spec->noun : "", spec->argument != NULL ? " " : "",
                 spec->argument != NULL ? spec->argument : "");
        fprintf(file, "  %-24s %.*s\n", words, (int)strcspn(spec->help, "\v"), spec->help);
    }
}

static void print_help(FILE *file) {
    fputs("Usage: fasti [--server ADDRESS] [--organization ID] [--json] COMMAND ...\n\n", file);
    print_commands(file, NULL);
    fputs(
        "\n\"fasti COMMAND --help\" lists its options. ADDRESS is unix:PATH or HOST:PORT (also\n"
        "FASTI_SERVER); ID is whose data it is (also FASTI_ORGANIZATION).\n"
        "Exit: 0 done, 1 refused by an outcome, 2 usage or invalid input, 3 unreachable or a "
        "status.\n\n"
        "Who can see me first, near here (\"fasti help search\" has more):\n"
        "fasti search --specialty dermatology --near 52.52,13.405 --within 5\n\n"
        "Several at once, all or nothing (\"fasti help book\" has more):\n"
        "fasti book --schedule anna --service visit --start 2026-11-30T09:00 --patient mother \\\n"
        " --item 'start=09:20 patient=child-1' --item 'start=09:40 patient=child-2'\n"
        "fasti book --schedule anna --service visit --start 2026-11-30T09:00 --patient p-1 \\\n"
        " --item 'with room-1'\n"
        "fasti book --service shot --start 2026-11-30T09:00 --patient p-1 --item lane-1 \\\n"
        " --item 'or lane-2' --item 'or lane-3'\n"
        "fasti series --schedule anna --service visit --start 2026-11-30T09:00 \\\n"
        " --patient p-1 --every 1w --count 10\n\n"
        "Rules of a service or schedule (\"fasti help set service\"), and why not:\n"
        "fasti set service --id visit --notice 2d --age-min 18y --modality in-person,video\n"
        "fasti book --schedule anna --service visit --start 2026-11-30T09:00 --patient p-1 \\\n"
        " --age 34y --modality video\n"
        "fasti explain --schedule anna --service visit --start 2026-11-30T09:00 --age 6y\n",
        file);
}

/* The command of the first words; *words says how many they are. NULL: there is none. */
static const struct fasti_command_spec *find_spec(int argc, char **argv, int *words) {
    const struct fasti_command_spec *found = NULL;
    for (size_t i = 0; i < SPECS && argc > 0; i++) {
        const struct fasti_command_spec *spec = spec_at(i);
        if (strcmp(spec->verb, argv[0]) != 0)
            continue;
        if (spec->noun == NULL && found == NULL) {
            found = spec;
            *words = 1;
        } else if (spec->noun != NULL && argc > 1 && strcmp(spec->noun, argv[1]) == 0) {
            found = spec;
            *words = 2;
        }
    }
    return found;
}

static enum fasti_exit no_command(struct fasti_session *session, int argc, char **argv) {
    char nouns[160] = "";
    for (size_t i = 0; i < SPECS; i++) {
        const struct fasti_command_spec *spec = spec_at(i);
        const size_t used = strlen(nouns);
        if (strcmp(spec->verb, argv[0]) == 0 && spec->noun != NULL)
            snprintf(nouns + used, sizeof nouns - used, "%s%s", used == 0 ? "" : ", ", spec->noun);
    }
    if (nouns[0] == '\0')
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "there is no command \"%s\"; \"fasti help\" lists them", argv[0]);
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                              "%s what%s%s%s? There are: %s", argv[0], argc > 1 ? " (not " : "",
                              argc > 1 ? argv[1] : "", argc > 1 ? ")" : "", nouns);
}

static enum fasti_exit run_spec(struct fasti_session *session,
                                const struct fasti_command_spec *spec, int argc, char **argv) {
    struct fasti_command_spec filled = *spec;
    struct fasti_field fields[FASTI_OPTIONS_MAX];
    char name[64];
    if (has_line_fields(spec)) {
        filled.fields = fasti_line_fields(spec->kind, &filled.field_count);
        memcpy(fields, filled.fields, filled.field_count * sizeof *fields);
        for (uint32_t i = 0; strcmp(spec->verb, "set") == 0 && i < filled.field_count; i++)
            fields[i].is_required = names_the_record(spec->kind, fields[i].name);
        filled.fields = fields;
    }
    snprintf(name, sizeof name, "fasti %s%s%s", spec->verb, spec->noun != NULL ? " " : "",
             spec->noun != NULL ? spec->noun : "");
    argv[0] = name;
    char help[1600];
    const bool is_set = strcmp(spec->verb, "set") == 0;
    const bool has_rules = has_line_fields(spec) &&
                           (spec->kind == FASTI_LINE_SERVICE || spec->kind == FASTI_LINE_SCHEDULE);
    if (is_set || has_rules) {
        snprintf(help, sizeof help, "%s\v%s%s", spec->help,
                 is_set ? "What is not said stays as it is; \"if not said\" speaks of a new one.\n"
                        : "",
                 has_rules ? RULES_HELP : "");
        filled.help = help;
    }
    json_t *options;
    fasti_options_parse(session, &filled, argc, argv, 0, &options);
    const enum fasti_exit exit = filled.run(session, &filled, options);
    json_decref(options);
    return exit;
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0;
}

static bool is_verb(const char *word) {
    for (size_t i = 0; i < SPECS; i++)
        if (strcmp(spec_at(i)->verb, word) == 0)
            return true;
    return false;
}

/* argv: the words whose help is wanted; none: the list of commands. */
static enum fasti_exit help_command(struct fasti_session *session, int argc, char **argv) {
    int words = 0;
    char help[] = "--help";
    char *help_argv[] = {NULL, help, NULL};
    const struct fasti_command_spec *spec = find_spec(argc, argv, &words);
    if (argc == 0 || is_help(argv[0]) || strcmp(argv[0], "help") == 0)
        print_help(stdout);
    else if (spec != NULL)
        return run_spec(session, spec, 2, help_argv);
    else if (is_verb(argv[0]))
        print_commands(stdout, argv[0]);
    else
        return no_command(session, argc, argv);
    return FASTI_EXIT_DONE;
}

/* argv: the command's words and what follows them. */
static enum fasti_exit run_command(struct fasti_session *session, int argc, char **argv) {
    int words = 0;
    if (argc == 0) {
        print_help(stderr);
        return FASTI_EXIT_INVALID;
    }
    if (strcmp(argv[0], "help") == 0)
        return help_command(session, argc - 1, argv + 1);
    const struct fasti_command_spec *spec = find_spec(argc, argv, &words);
    if (spec != NULL)
        return run_spec(session, spec, argc - words + 1, argv + words - 1);
    return argc > 1 && is_help(argv[1]) ? help_command(session, argc, argv)
                                        : no_command(session, argc, argv);
}

/* Options before the command; *first is where it starts. */
struct leading {
    struct fasti_session *session;
    int first;
};

static error_t parse_leading(int key, char *argument, struct argp_state *state) {
    struct leading *leading = state->input;
    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = leading->session; return 0;
    case '?': print_help(stdout); exit(FASTI_EXIT_DONE);
    case 'V': puts("fasti " FASTI_VERSION); exit(FASTI_EXIT_DONE);
    case ARGP_KEY_ARG:
        leading->first = state->next - 1;
        state->next = state->argc;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv) {
    static const struct argp_option options[] = {
        {"help", '?', NULL, 0, "List the commands", -1},
        {"version", 'V', NULL, 0, "Print the version", -1},
        {0},
    };
    static const struct argp_child children[] = {{&fasti_options_global, 0, NULL, -2}, {0}};
    static const struct argp argp = {
        .options = options, .parser = parse_leading, .args_doc = "COMMAND", .children = children};
    struct fasti_session session = {.server = getenv("FASTI_SERVER"),
                                    .organization_text = getenv("FASTI_ORGANIZATION")};
    struct leading leading = {&session, argc};
    argp_err_exit_status = FASTI_EXIT_INVALID;
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignored, NULL);
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, &leading);
    enum fasti_exit exit = run_command(&session, argc - leading.first, argv + leading.first);
    fasti_session_close(&session);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("fasti: the answer could not be written\n", stderr);
        exit = FASTI_EXIT_FAILED;
    }
    return (int)exit;
}
