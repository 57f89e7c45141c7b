/*
 * fasti_emergency_specs.c - the options and help of the commands of an emergency.
 */
#include "tools/fasti_emergency.h"
#include "tools/fasti_facts.h"

#define TEXT(name, required, argument, help) \
    { name, FASTI_FIELD_TEXT, required, argument, help }
#define FLAG(name, help) \
    { name, FASTI_FIELD_FLAG, false, NULL, help }
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct fasti_field close_fields[] = {
    TEXT("source", true, "NAME", "A name for this emergency, by which it is undone"),
    TEXT("from", true, "DATE", "The first local day"),
    TEXT("to", true, "DATE", "The last one"),
    FASTI_PLACES_FIELDS(""),
    FLAG("commit", "Do it; else say what would be done"),
};

#define CLOSE_HELP                                                                                \
    "Close schedules for days, whatever is open there, all or nothing.\v"                         \
    "Says which schedules close and which appointments lie inside; with --commit it closes them " \
    "by one import. Dated openings and instants are closed, too. Appointments stay booked until " \
    "they are moved or cancelled. Closing more places or days under the same name adds to what "  \
    "is closed; \"fasti emergency end\" undoes all of it.\n"                                      \
    "\nfasti emergency close --source flood --location north \\\n"                                \
    "  --from 2026-12-01 --to 2026-12-04\n"                                                       \
    "\nfasti emergency close --source flood --near 48.137,11.575 \\\n"                            \
    "  --radius 15 --from 2026-12-01 --to 2026-12-04 --commit"

static const struct fasti_field end_fields[] = {
    TEXT("source", true, "NAME", "The name that close or surge got"),
    FLAG("commit", "Do it; else say what would be done"),
};

#define END_HELP                                                                              \
    "Take away what close and surge of a name brought, all or nothing.\v"                     \
    "What was closed is as it was before; openings of a surge are gone, its schedules stay. " \
    "Appointments that lose their opening stay and are told of. What was moved is not moved back."

static const struct fasti_field move_fields[] = {
    TEXT("source", false, "NAME", "Appointments in the days that this name closed"),
    {"Or all in these places, before they are closed:", FASTI_FIELD_HEADING, false, NULL, NULL},
    FASTI_PLACES_FIELDS(""),
    TEXT("from", false, "DATE", "The first local day"),
    TEXT("to", false, "DATE", "The last one"),
    {"Where to, all of:", FASTI_FIELD_HEADING, false, NULL, NULL},
    FASTI_PLACES_FIELDS("to_"),
    FLAG("to_all", "All schedules of the organization are targets"),
    TEXT("earliest", false, "DATE", "First local day of a new time; today if not said"),
    TEXT("latest", false, "DATE", "The last one; 59 days after the first if not said"),
    {"How:", FASTI_FIELD_HEADING, false, NULL, NULL},
    TEXT("urgency", false, "FILE", "Who is moved first (below)"),
    TEXT("plan", false, "FILE",
         "Without --commit: write the plan; with it: carry out what is written"),
    FLAG("commit", "Do it; else say what would be done"),
    FASTI_FACTS_SEARCH_FIELDS,
};

#define MOVE_HELP                                                                                  \
    "Move appointments out of closed days, the most urgent first.\v"                               \
    "Each goes to the earliest free start of its service on the targets; closed days are none. "   \
    "Those that find none stay as they are and are told of, with the reason: exit 1. With "        \
    "--commit each is moved by one claim that keeps its history; a time that somebody was faster " \
    "to take is looked for again. Run it again as often as you like: what is moved is not moved "  \
    "twice. Several rows (doctor and room) are moved together, to one location, at the same "      \
    "distance. The way of a visit stays; rules that ask for more of a patient need it said.\n"     \
    "\nA line of --urgency is {\"service\": ID, \"rank\": N}, or {\"record\": N, \"rank\": N} "    \
    "with facts such as \"age\": \"6y\". The lower rank is first, what has none last; then the "   \
    "earlier start.\n"                                                                             \
    "\nfasti emergency move --source flood --to-location south \\\n"                               \
    "  --urgency ranks.ndjson --plan plan.ndjson\n"                                                \
    "fasti emergency move --plan plan.ndjson --commit \\\n  --to-location south\n"                 \
    "\nWith --plan and --commit the targets are where a lost time is looked for again; without "   \
    "them it is only told of."

static const struct fasti_field surge_fields[] = {
    TEXT("source", true, "NAME", "A name for this emergency, by which it is undone"),
    TEXT("template", true, "FILE", "Import lines with {location}, {from} and {to} (below)"),
    {"location", FASTI_FIELD_TEXTS, true, "ID", "Where, once for each"},
    TEXT("from", true, "DATE", "What {from} stands for"),
    TEXT("to", true, "DATE", "What {to} stands for"),
    FLAG("commit", "Do it; else say what would be done"),
};

/* Examples keep their lines below 79 columns: help would break them. */
#define SURGE_HELP                                                                         \
    "Open extra schedules from a template, once for each location, all or nothing.\v"      \
    "A line is an import line (tools/JSON.md) of kind practitioner, service, schedule or " \
    "opening. \"fasti emergency end\" takes the openings away again.\n"                    \
    "\n{\"kind\":\"schedule\",\"id\":\"surge {location}\",\n"                              \
    " \"location\":\"{location}\",\"service\":\"shot\",\"capacity\":4}\n"                  \
    "\n{\"kind\":\"opening\",\"schedule\":\"surge {location}\",\"id\":\"flood\",\n"        \
    " \"rule\":\"dated\",\"from\":\"07:00\",\"to\":\"20:00\",\n"                           \
    " \"first\":\"{from}\",\"last\":\"{to}\"}\n"                                           \
    "\n(each on one line of the file)"

const struct fasti_command_spec fasti_emergency_specs[FASTI_EMERGENCY_COMMANDS] = {
    {"emergency", "close", NULL, CLOSE_HELP, close_fields, COUNT(close_fields),
     fasti_run_emergency_close, FASTI_LINE_KINDS},
    {"emergency", "move", NULL, MOVE_HELP, move_fields, COUNT(move_fields),
     fasti_run_emergency_move, FASTI_LINE_KINDS},
    {"emergency", "surge", NULL, SURGE_HELP, surge_fields, COUNT(surge_fields),
     fasti_run_emergency_surge, FASTI_LINE_KINDS},
    {"emergency", "end", NULL, END_HELP, end_fields, COUNT(end_fields), fasti_run_emergency_end,
     FASTI_LINE_KINDS},
};
