/*
 * fasti_combine_options.h - options and help of joint, chain and visits; for fasti.c alone, whose
 * macros it uses.
 */
#ifndef FASTI_TOOLS_FASTI_COMBINE_OPTIONS_H
#define FASTI_TOOLS_FASTI_COMBINE_OPTIONS_H

#define COMBINE_FIELDS                                                                          \
    {"When:", FASTI_FIELD_HEADING, false, NULL, NULL},                                          \
        TEXT("from", false, "DATE", "First local date; today if not said"),                     \
        TEXT("to", false, "DATE", "The last one, 400 days at most"),                            \
        TEXT("after", false, "HH:MM", "Start at this local time or later"),                     \
        TEXT("before", false, "HH:MM", "Start before this local time"),                         \
        TEXT("weekdays", false, "DAYS", "Start on these, like mon-fri or mon,wed"),             \
        {"Told:", FASTI_FIELD_HEADING, false, NULL, NULL},                                      \
        INTEGER("limit", false, "N", "So many offers, 1 to 32; 5 if not said"),                 \
        TEXT("page", false, "CURSOR", "The page behind another one, which printed the cursor"), \
        FASTI_FACTS_SEARCH_FIELDS

static const struct fasti_field joint_fields[] = {
    TEXTS("part", "PART", "Who or what is needed, once for each (below)"),
    COMBINE_FIELDS,
};

static const struct fasti_field chain_fields[] = {
    TEXTS("step", "STEP", "A visit, in order, once for each (below)"),
    COMBINE_FIELDS,
};

static const struct fasti_field visits_fields[] = {
    TEXTS("part", "PART", "Who or what is needed, once for each (below)"),
    TEXT("start", true, "TIME", "Wished local time of the first visit, 2026-11-24T09:00"),
    TEXT("every", true, "SPAN", "From one visit to the next: 1w, 2w, 3d"),
    INTEGER("count", true, "N", "How many visits, 1 to 64"),
    INTEGER("near", false, "DAYS", "Other days so near do, too, 0 to 31; 0 if not said"),
    TEXT("after", false, "HH:MM", "Start at this local time or later"),
    TEXT("before", false, "HH:MM", "Start before this local time"),
    TEXT("weekdays", false, "DAYS", "Start on these, like mon-fri or mon,wed"),
    FASTI_FACTS_SEARCH_FIELDS,
};

/* Examples keep their lines below 79 columns: help would break them. */
#define PART_HELP                                                                               \
    "PART is [SCHEDULE]... [service=ID] [offset=MINUTES]: one of these schedules, the first "   \
    "that is free; without any, one of those that offer the service (location=ID: there). "     \
    "offset is from the first part's start. What says no service has that of the part before. " \
    "An id with spaces, = or quotes is written in \"...\" or '...'."

#define JOINT_HELP                                                                 \
    "When can several be had together: doctor, room and device?\v"                 \
    "The earliest starts at which each part has a schedule of its own. " PART_HELP \
    " Each offer is what \"fasti book\" takes, a row each.\n\n" FACTS_HELP "\n"    \
    "\nAnna or Bernd, one of two rooms, and the device ten minutes later:\n"       \
    "fasti joint --part 'anna bernd service=visit' --part 'room-1 room-2' \\\n"    \
    "  --part 'mri service=scan offset=10'"

#define CHAIN_HELP                                                                        \
    "Which chain of visits is done first: dose 1, then dose 2 in so many days?\v"         \
    "STEP is [in=DAYS[..DAYS]] PART [with PART]...: so many local days behind the step "  \
    "before it, when that has ended or later. Parts are had together. " PART_HELP         \
    " Offers come by the start of their last step: for each such start the chain that "   \
    "begins first. \"fasti book\" takes each, a step an appointment.\n\n" FACTS_HELP "\n" \
    "\nTwo doses, three to four weeks apart, mornings:\n"                                 \
    "fasti chain --before 12:00 --step 'service=dose-1' \\\n"                             \
    "  --step 'in=3w..4w service=dose-2'\n"                                               \
    "\nA visit, and within three days a scan with anna beside it:\n"                      \
    "fasti chain --step 'anna service=visit' \\\n"                                        \
    "  --step 'in=0..3 service=scan with anna service=visit'"

#define VISITS_HELP                                                                           \
    "When can a series of visits be had, each at its wished time or near it?\v"               \
    "Looks and books nothing. The local time is kept when clocks change. Visits that can be " \
    "had as wished come first; for each other one the nearest start is told: on its day, "    \
    "then, with --near, a day before or after it, and so on; of one day the nearest to the "  \
    "wished time. All that is told can be booked together. " PART_HELP "\n\n" FACTS_HELP "\n" \
    "\nEvery Monday at nine, ten times, or a day apart, in the morning:\n"                    \
    "fasti visits --part 'anna bernd service=visit' --start 2026-11-23T09:00 \\\n"            \
    "  --every 1w --count 10 --near 1 --before 12:00"

#endif
