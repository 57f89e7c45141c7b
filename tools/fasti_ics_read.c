/*
 * fasti_ics_read.c - a calendar file read in the zone of each target, its spans given out.
 *
 * Targets in one zone share a read; a file is read again only where the zone is another one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_ics.h"

#define BOOKABLE_FIRST_UTC_S ((int64_t)FASTI_DATE_FIRST * FASTI_DAY_SECONDS)
#define BOOKABLE_LAST_UTC_S  ((int64_t)(FASTI_DATE_LAST + 1) * FASTI_DAY_SECONDS)

/* Of time that runs for years: how much of the past is looked at, more than a block is long, so
 * that a block that runs is kept; and how much is blocked, as long as a busy time may be. */
#define BEHIND_SECONDS ((FASTI_ITEMS_MAX + 6) * (int64_t)FASTI_DAY_SECONDS)
#define LENGTH_DAYS    (FASTI_BUSY_DAYS_MAX - FASTI_ITEMS_MAX - 6)

static enum fasti_exit no_memory(struct fasti_ics *ics) {
    return fasti_session_fail(ics->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                              "no memory; nothing was sent");
}

/* The number of the target of an event; target_count: it has none. */
static uint32_t target_of(const struct fasti_ics *ics, const char *uid) {
    const struct fasti_ics_mapping *row = fasti_ics_map_find(&ics->map, uid);
    if (row != NULL)
        return row->target;
    return ics->has_main ? 0 : ics->target_count;
}

/* What is the same in the next file with this event in it, whenever it takes place then. */
static uint64_t key_of(const struct fasti_ical_busy *busy) {
    const uint64_t key = fasti_busy_key(0, busy->uid, strlen(busy->uid));
    return fasti_busy_key(key, &busy->recurrence_utc_s, sizeof busy->recurrence_utc_s);
}

static int64_t later_of(int64_t a, int64_t b) {
    return a > b ? a : b;
}
static int64_t earlier_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static bool time_add(struct fasti_ics *ics, struct fasti_ics_target *target,
                     const struct fasti_ical_busy *busy) {
    struct fasti_busy_time time = {busy->start_utc_s, busy->end_utc_s, key_of(busy), busy->line};
    const int64_t first_s = later_of(ics->from_utc_s - BEHIND_SECONDS, BOOKABLE_FIRST_UTC_S);
    time.start_utc_s = later_of(time.start_utc_s, first_s);
    /* by whole days: what is cut there is the same in another import of this day */
    const int64_t start_day = fasti_date_of_utc(time.start_utc_s).v;
    const int64_t last_s = (start_day + LENGTH_DAYS) * FASTI_DAY_SECONDS;
    time.end_utc_s = earlier_of(time.end_utc_s, earlier_of(last_s, BOOKABLE_LAST_UTC_S));
    return time.start_utc_s >= time.end_utc_s || fasti_busy_times_add(&target->times, &time);
}

static enum fasti_exit times_take(struct fasti_ics *ics, uint32_t number,
                                  const struct fasti_ical *read) {
    for (uint32_t i = 0; i < read->busy_count; i++)
        if (target_of(ics, read->busy[i].uid) == number &&
            !time_add(ics, &ics->targets[number], &read->busy[i]))
            return no_memory(ics);
    return FASTI_EXIT_DONE;
}

/* ---- what the first read says of the file as a whole ---- */

/* Adds an event to the refusals unless it is one of them. */
static void unmapped_list(const struct fasti_ical_busy *busy, struct fasti_ical_refusal *refusals,
                          uint32_t *count) {
    char text[sizeof refusals->text];
    snprintf(text, sizeof text, "the map does not name the UID \"%.120s\"", busy->uid);
    for (uint32_t i = 0; i < *count; i++)
        if (strcmp(refusals[i].text, text) == 0)
            return;
    if (*count == FASTI_ICAL_REFUSALS_MAX)
        return;
    refusals[*count].line = busy->line;
    memcpy(refusals[(*count)++].text, text, sizeof text);
}

static enum fasti_exit unmapped_check(struct fasti_ics *ics, const struct fasti_ical *read) {
    struct fasti_ical_refusal refusals[FASTI_ICAL_REFUSALS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < read->busy_count; i++)
        if (target_of(ics, read->busy[i].uid) == ics->target_count) {
            ics->unmapped++;
            unmapped_list(&read->busy[i], refusals, &count);
        }
    if (read->has_availability && !ics->has_main && count < FASTI_ICAL_REFUSALS_MAX)
        refusals[count++] = (struct fasti_ical_refusal){
            0, "VAVAILABILITY has no schedule: say --schedule, which takes what is not mapped"};
    if (count == 0 || ics->skips_unmapped)
        return FASTI_EXIT_DONE;
    return fasti_ics_refuse(ics, FASTI_NOT_FOUND, refusals, count, count);
}

/* Opening ids are unique in a schedule and made of what they open: two sources may open the same.
 */
static enum fasti_exit openings_take(struct fasti_ics *ics, const struct fasti_ical *read) {
    ics->has_availability = read->has_availability;
    ics->openings = calloc((size_t)read->opening_count + 1, sizeof *ics->openings);
    if (ics->openings == NULL)
        return no_memory(ics);
    for (uint32_t i = 0; i < read->opening_count; i++) {
        struct fasti_opening *opening = &ics->openings[i];
        char id[FASTI_ID_BYTES_MAX + 16];
        *opening = read->openings[i];
        snprintf(id, sizeof id, "%.*s-%08x", FASTI_PRINT(opening->id), ics->source);
        if (fasti_id_text_set(&opening->id, id, strlen(id)) != FASTI_OK)
            opening->id = read->openings[i].id; /* too long: its own will do */
    }
    ics->opening_count = read->opening_count;
    return FASTI_EXIT_DONE;
}

static enum fasti_exit first_take(struct fasti_ics *ics, const struct fasti_ical *read) {
    ics->counts = read->counts;
    ics->busy = read->busy_count;
    const enum fasti_exit exit = unmapped_check(ics, read);
    return exit == FASTI_EXIT_DONE && ics->has_main ? openings_take(ics, read) : exit;
}

/* ---- reading ---- */

/* Reads the file as one of this target's zone; *read is to be destroyed. */
static enum fasti_exit read_in_zone(struct fasti_ics *ics, struct fasti_zoneinfo *zoneinfo,
                                    const struct fasti_ics_target *target,
                                    struct fasti_ical **read) {
    struct fasti_detail detail = {""};
    const struct fasti_zone *loaded;
    *read = NULL;
    enum fasti_status status = fasti_zoneinfo_load(zoneinfo, &target->zone, &loaded, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(ics->session, FASTI_EXIT_INVALID, status,
                                  "%.100s: %.120s (the zone of schedule \"%.*s\"); nothing was "
                                  "sent",
                                  ics->zoneinfo_path, detail.text, FASTI_PRINT(target->text));
    struct fasti_zone *zone = malloc(sizeof *zone); /* loading another one overwrites it */
    if (zone == NULL)
        return no_memory(ics);
    *zone = *loaded;
    const struct fasti_ical_options options = {zoneinfo, zone, ics->from_utc_s, ics->to_utc_s};
    status = fasti_ical_read_file(ics->path, &options, read, &detail);
    free(zone);
    if (status == FASTI_OK)
        return FASTI_EXIT_DONE;
    if (*read != NULL && (*read)->refusal_count > 0) {
        const uint32_t count = (*read)->refusal_count;
        return fasti_ics_refuse(ics, status, (*read)->refusals,
                                count < FASTI_ICAL_REFUSALS_MAX ? count : FASTI_ICAL_REFUSALS_MAX,
                                count);
    }
    struct fasti_ical_refusal whole = {0};
    snprintf(whole.text, sizeof whole.text, "%.190s", detail.text);
    return fasti_ics_refuse(ics, status, &whole, 1, 1);
}

enum fasti_exit fasti_ics_read(struct fasti_ics *ics) {
    struct fasti_zoneinfo *zoneinfo = fasti_zoneinfo_open(ics->zoneinfo_path);
    struct fasti_ical *read = NULL;
    enum fasti_exit exit = zoneinfo == NULL ? no_memory(ics) : FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < ics->target_count && exit == FASTI_EXIT_DONE; i++) {
        const struct fasti_ics_target *target = &ics->targets[i];
        if (i == 0 || !fasti_id_text_equal(&target->zone, &target[-1].zone)) {
            fasti_ical_destroy(read);
            exit = read_in_zone(ics, zoneinfo, target, &read);
        }
        if (exit == FASTI_EXIT_DONE && i == 0)
            exit = first_take(ics, read);
        if (exit == FASTI_EXIT_DONE)
            exit = times_take(ics, i, read);
    }
    fasti_ical_destroy(read);
    if (zoneinfo != NULL)
        fasti_zoneinfo_close(zoneinfo);
    return exit;
}
