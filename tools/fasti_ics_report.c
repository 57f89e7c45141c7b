/*
 * fasti_ics_report.c - what "fasti import ics" prints: refusals with their lines, or what was done.
 */
#include <stdio.h>
#include <string.h>

#include "tools/fasti_conflicts.h"
#include "tools/fasti_ics.h"

/* ---- refusals ---- */

static json_t *refusals_json(const struct fasti_ical_refusal *refusals, uint32_t listed) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < listed; i++) {
        json_t *text = json_string(refusals[i].text);
        if (text == NULL) /* cut inside of a letter, or somebody's bytes that are not UTF-8 */
            text = json_string("");
        json_array_append_new(
            list, json_pack("{s:I, s:o}", "line", (json_int_t)refusals[i].line, "message", text));
    }
    return list;
}

enum fasti_exit fasti_ics_refuse(struct fasti_ics *ics, enum fasti_status status,
                                 const struct fasti_ical_refusal *refusals, uint32_t listed,
                                 uint32_t count) {
    for (uint32_t i = 0; i < listed; i++) {
        if (refusals[i].line > 0)
            fprintf(stderr, "fasti: %s:%u: %s\n", ics->path, refusals[i].line, refusals[i].text);
        else
            fprintf(stderr, "fasti: %s: %s\n", ics->path, refusals[i].text);
    }
    if (count > listed)
        fprintf(stderr, "fasti: and %u more like these\n", count - listed);
    fputs("fasti: nothing was sent\n", stderr);
    if (ics->session->is_json) {
        json_t *list = refusals_json(refusals, listed);
        const char *message =
            json_string_value(json_object_get(json_array_get(list, 0), "message"));
        fasti_session_print_json(json_pack("{s:{s:s, s:s, s:i, s:o}}", "error", "status",
                                           fasti_status_name(status), "message", message,
                                           "refusal_count", (int)count, "refusals", list));
    }
    return status == FASTI_LIMIT_MEMORY ? FASTI_EXIT_FAILED : FASTI_EXIT_INVALID;
}

/* ---- what was done ---- */

struct totals {
    uint32_t past, spans, added, moved, removed, kept, conflicts;
};

static struct totals totals_of(const struct fasti_ics *ics) {
    struct totals totals = {0};
    for (uint32_t i = 0; i < ics->target_count; i++) {
        const struct fasti_busy_result *result = &ics->targets[i].result;
        totals.past += result->past;
        totals.spans += result->spans;
        totals.added += result->added;
        totals.moved += result->moved;
        totals.removed += result->removed;
        totals.kept += result->kept;
        totals.conflicts += result->conflict_count;
    }
    return totals;
}

static bool is_unchanged(const struct fasti_ics *ics, const struct totals *totals) {
    return totals->added + totals->moved + totals->removed + ics->published.created +
               ics->published.changed ==
           0;
}

static json_t *schedules_json(const struct fasti_ics *ics) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < ics->target_count; i++) {
        const struct fasti_ics_target *target = &ics->targets[i];
        const struct fasti_busy_result *result = &target->result;
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "schedule",
                      fasti_json_id(&target->text), "zone", fasti_json_id(&target->zone), "past",
                      (int)result->past, "spans", (int)result->spans, "added", (int)result->added,
                      "moved", (int)result->moved, "removed", (int)result->removed, "kept",
                      (int)result->kept, "conflict_count", (int)result->conflict_count));
    }
    return list;
}

static json_t *conflicts_json(const struct fasti_ics *ics) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < ics->target_count; i++) {
        const json_t *own = ics->targets[i].result.conflicts;
        for (size_t j = 0; j < json_array_size(own); j++)
            if (json_array_size(list) < FASTI_CONFLICTS_LISTED)
                json_array_append(list, json_array_get(own, j));
    }
    return list;
}

static void print_json(const struct fasti_ics *ics) {
    const struct totals totals = totals_of(ics);
    const struct fasti_ical_counts *counts = &ics->counts;
    const char *outcome = ics->is_dry_run              ? "NONE"
                          : is_unchanged(ics, &totals) ? "UNCHANGED"
                                                       : "PUBLISHED";
    json_t *object = json_pack(
        "{s:s, s:s, s:b, s:o, s:o, s:b}", "outcome", outcome, "source", ics->source_name, "dry_run",
        (int)ics->is_dry_run, "from", fasti_json_instant(ics->from_utc_s, 0), "to",
        fasti_json_instant(ics->to_utc_s, 0), "has_availability", (int)ics->has_availability);
    const struct {
        const char *name;
        uint32_t value;
    } numbers[] = {
        {"events", counts->events},
        {"freebusy", counts->freebusy},
        {"available", counts->available},
        {"instances", counts->instances},
        {"busy", ics->busy},
        {"unmapped", ics->unmapped},
        {"transparent", counts->transparent},
        {"empty", counts->empty},
        {"swapped", counts->swapped},
        {"cancelled", counts->cancelled},
        {"superseded", counts->superseded},
        {"skipped", counts->skipped},
        {"odd_lines", counts->odd_lines},
        {"past", totals.past},
        {"spans", totals.spans},
        {"added", totals.added},
        {"moved", totals.moved},
        {"removed", totals.removed},
        {"kept", totals.kept},
        {"openings", ics->opening_count},
        {"openings_changed", ics->published.created + ics->published.changed},
        {"conflict_count", totals.conflicts},
        {"uncovered_count", ics->uncovered_count},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new(object, numbers[i].name, json_integer(numbers[i].value));
    json_object_set_new(object, "schedules", schedules_json(ics));
    json_object_set_new(object, "conflicts", conflicts_json(ics));
    json_object_set(object, "uncovered", ics->uncovered);
    fasti_session_print_json(object);
}

/* A count that is worth a word only where there is one. */
static void print_count(uint32_t count, const char *text) {
    if (count > 0)
        printf(", %u %s", count, text);
}

static void print_file(const struct fasti_ics *ics) {
    const struct fasti_ical_counts *counts = &ics->counts;
    printf("read: %u events", counts->events);
    print_count(counts->freebusy, "free/busy lists");
    print_count(counts->cancelled, "cancelled");
    print_count(counts->superseded, "replaced by later versions");
    print_count(ics->has_main ? 0 : counts->available, "openings left out, for want of --schedule");
    print_count(counts->skipped, "other components passed over");
    print_count(counts->odd_lines, "lines that are no property passed over");
    char until[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(ics->to_utc_s, 0, until);
    printf("\nfrom now to %s: %u instances, %u busy times", until, counts->instances, ics->busy);
    print_count(counts->transparent, "take no time");
    print_count(counts->empty, "have no length");
    print_count(counts->swapped, "ended before they began and were turned");
    print_count(ics->unmapped, "are not in the map and were left out");
    putchar('\n');
}

static void print_target(const struct fasti_ics_target *target) {
    const struct fasti_busy_result *result = &target->result;
    fasti_busy_print_conflicts(result);
    printf("schedule %.*s (%.*s): ", FASTI_PRINT(target->text), FASTI_PRINT(target->zone));
    if (result->added + result->moved + result->removed == 0)
        printf("all %u blocks were there\n", result->kept);
    else
        printf("%u blocks added, %u moved, %u removed, %u kept\n", result->added, result->moved,
               result->removed, result->kept);
    if (result->past > 0)
        printf("%u of its busy times are over already and were left out\n", result->past);
}

static void print_text(const struct fasti_ics *ics) {
    const struct totals totals = totals_of(ics);
    print_file(ics);
    printf("days, and times without a zone, are those of each schedule's place, as %s has it\n",
           ics->zoneinfo_path);
    fasti_conflicts_print(ics->uncovered_count, ics->uncovered);
    if (ics->has_availability || ics->had_openings)
        printf("schedule %.*s: %u openings of %s%s\n", FASTI_PRINT(ics->targets[0].text),
               ics->opening_count, ics->source_name,
               ics->is_dry_run               ? " (a dry run does not compare them)"
               : ics->published.changed == 0 ? " were there"
                                             : " in the place of all before");
    for (uint32_t i = 0; i < ics->target_count; i++)
        print_target(&ics->targets[i]);
    if (ics->is_dry_run)
        puts("dry run: nothing was sent");
    else if (is_unchanged(ics, &totals))
        puts("nothing changed");
}

void fasti_ics_report(const struct fasti_ics *ics) {
    if (ics->session->is_json)
        print_json(ics);
    else
        print_text(ics);
}
