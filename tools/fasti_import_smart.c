/*
 * fasti_import_smart.c - import smart DIR: a publication read, planned, staged, published, and
 * reported with all that was odd about it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"
#include "tools/fasti_import.h"
#include "tools/fasti_smart_plan.h"

#define OFFSET_QUESTIONS_MAX 4096 /* wall clocks asked about, to compare written offsets */

struct smart_import {
    struct fasti_session *session;
    struct fasti_smart_feed *feed;
    struct fasti_smart_plan *plan;
    struct fasti_smart_options options;
    const char *source;
    bool is_dry_run;
    struct fasti_import_answer result;
    json_t *conflicts;
};

/* ---- options ---- */

static enum fasti_exit read_options(struct smart_import *import, const json_t *options) {
    struct fasti_session *session = import->session;
    const char *zone = fasti_field_text(options, "zone", "");
    const int64_t minutes = fasti_field_integer(options, "minutes", 0);
    const int64_t resolution = fasti_field_integer(options, "resolution", 0);
    struct fasti_detail detail;
    const enum fasti_status status = fasti_field_id("zone", zone, &import->options.zone, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    if (minutes < 1 || minutes > FASTI_SERVICE_MINUTES_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--minutes must be 1 to %d", FASTI_SERVICE_MINUTES_MAX);
    if (resolution != 0 && resolution != 1 && resolution != 5 && resolution != 10 &&
        resolution != 15)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RESOLUTION,
                                  "--resolution must be 1, 5, 10 or 15");
    import->options.minutes = (uint16_t)minutes;
    import->options.resolution_max = (uint8_t)resolution;
    import->source = fasti_field_text(options, "source", "smart");
    import->options.source = fasti_source_of(import->source, strlen(import->source));
    import->is_dry_run = fasti_field_flag(options, "dry-run");
    return FASTI_EXIT_DONE;
}

static enum fasti_exit read_and_plan(struct smart_import *import, const json_t *options) {
    struct fasti_detail detail;
    const char *directory = fasti_field_text(options, FASTI_ARGUMENT, "");
    import->feed = fasti_smart_feed_create(fasti_field_flag(options, "civil"));
    if (import->feed == NULL)
        return fasti_session_fail(import->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the publication");
    enum fasti_status status = fasti_smart_read_directory(
        import->feed, directory, fasti_field_flag(options, "skip-bad-lines"), &detail);
    if (status == FASTI_OK)
        status = fasti_smart_plan_make(import->feed, &import->options, &import->plan, &detail);
    if (status == FASTI_OK && import->plan->schedule_count == 0)
        status = fasti_detail_set(&detail, FASTI_INVALID_FILE,
                                  "%.100s holds no Schedule line: is it a publication?", directory);
    if (status != FASTI_OK)
        return fasti_session_fail(import->session, FASTI_EXIT_INVALID, status,
                                  "%s; nothing was imported", detail.text);
    return FASTI_EXIT_DONE;
}

/* ---- the import ---- */

static void job_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                    size_t where_size) {
    const struct smart_import *import = context;
    struct fasti_smart_place place;
    fasti_smart_plan_put(import->plan, index, put, &place);
    where[0] = '\0';
    if (place.line > 0)
        snprintf(where, where_size, "%s:%u", import->feed->files[place.file], place.line);
}

/* A schedule that is there keeps its resolution where that is exact: another one would have to wait
 * until no day of it holds time. */
static void keep_schedule(struct fasti_smart_planned_schedule *schedule,
                          const struct fasti_put *put) {
    const uint8_t resolution = put->body.schedule.resolution_minutes;
    if (resolution != 0 && schedule->exact_minutes % resolution == 0)
        schedule->resolution_minutes = resolution;
    schedule->language_count = put->body.schedule.language_count;
    memcpy(schedule->languages, put->body.schedule.languages, sizeof schedule->languages);
    schedule->substitute = put->body.schedule.substitute;
    schedule->specialty_count = put->body.schedule.specialty_count;
    memcpy(schedule->specialties, put->body.schedule.specialties, sizeof schedule->specialties);
    schedule->terms = put->body.schedule.terms;
}

/* Rules are not of the publication: who has set some keeps them through the next one. */
static enum fasti_exit keep_rules(struct smart_import *import) {
    struct fasti_smart_plan *plan = import->plan;
    const struct fasti_put *put;
    for (uint32_t i = 0; i < plan->schedule_count; i++) {
        const enum fasti_exit exit = fasti_session_find_put(import->session, FASTI_ENTITY_SCHEDULE,
                                                            &plan->schedules[i].id, &put);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        if (put != NULL)
            keep_schedule(&plan->schedules[i], put);
    }
    for (uint32_t i = 0; i < plan->service_count; i++) {
        const enum fasti_exit exit = fasti_session_find_put(import->session, FASTI_ENTITY_SERVICE,
                                                            &plan->services[i].id, &put);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        if (put != NULL) {
            if (put->body.service.code.length > 0)
                plan->services[i].code = put->body.service.code;
            plan->services[i].offset_minutes = put->body.service.offset_minutes;
            plan->services[i].terms = put->body.service.terms;
        }
    }
    return FASTI_EXIT_DONE;
}

/* ---- written offsets against the zone's ---- */

struct wall {
    fasti_date date;
    uint16_t minute;
    int32_t offset_s;
    uint32_t slot;
};

static int compare_walls(const void *a, const void *b) {
    const struct wall *x = a, *y = b;
    if (x->date.v != y->date.v)
        return x->date.v < y->date.v ? -1 : 1;
    if (x->minute != y->minute)
        return x->minute < y->minute ? -1 : 1;
    if (x->offset_s != y->offset_s)
        return x->offset_s < y->offset_s ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static bool is_same_wall(const struct wall *a, const struct wall *b) {
    return a->date.v == b->date.v && a->minute == b->minute && a->offset_s == b->offset_s;
}

static void note_offset(struct smart_import *import, const struct wall *walls, uint32_t count,
                        int32_t zone_offset_s) {
    char written[16], right[16], text[96];
    fasti_times_format_offset(walls->offset_s, written);
    fasti_times_format_offset(zone_offset_s, right);
    snprintf(text, sizeof text, "%s written, %s at that time", written, right);
    for (uint32_t i = 0; i < count; i++)
        fasti_smart_note(import->feed, FASTI_SMART_OFFSET_DIFFERS,
                         import->feed->slots[walls[i].slot].place, text);
}

/* Each distinct start asked once: all locations are in one zone, so any schedule answers. */
static enum fasti_exit compare_offsets(struct smart_import *import, struct wall *walls,
                                       uint32_t count) {
    fasti_schedule_id schedule;
    uint32_t questions = 0;
    enum fasti_exit exit = fasti_session_find(import->session, FASTI_ENTITY_SCHEDULE,
                                              &import->plan->schedules[0].id, &schedule.v);
    qsort(walls, count, sizeof *walls, compare_walls);
    for (uint32_t i = 0, end; i < count && exit == FASTI_EXIT_DONE; i = end) {
        struct fasti_civil_answer answer;
        for (end = i + 1; end < count && is_same_wall(&walls[i], &walls[end]); end++) {
        }
        if (questions++ == OFFSET_QUESTIONS_MAX)
            break;
        exit =
            fasti_times_civil(import->session, schedule, walls[i].date, walls[i].minute, &answer);
        if (exit == FASTI_EXIT_DONE && answer.offset_s != walls[i].offset_s)
            note_offset(import, walls + i, end - i, answer.offset_s);
    }
    return exit;
}

static enum fasti_exit check_offsets(struct smart_import *import) {
    struct fasti_smart_feed *feed = import->feed;
    struct wall *walls = calloc((size_t)feed->slot_count + 1, sizeof *walls);
    if (walls == NULL)
        return fasti_session_fail(import->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory to compare offsets");
    uint32_t count = 0;
    for (uint32_t i = 0; i < feed->slot_count; i++) {
        const struct fasti_instant_text *start = &feed->slots[i].start;
        if (start->has_offset)
            walls[count++] = (struct wall){start->date, (uint16_t)(start->second_of_day / 60),
                                           start->offset_s, i};
    }
    const enum fasti_exit exit = compare_offsets(import, walls, count);
    free(walls);
    return exit;
}

/* ---- report ---- */

static json_t *oddities_json(const struct fasti_smart_feed *feed) {
    json_t *list = json_array();
    for (uint32_t kind = 0; kind < FASTI_SMART_ODDITY_KINDS; kind++) {
        const struct fasti_smart_oddity *oddity = &feed->oddities[kind];
        const enum fasti_smart_oddity_kind odd = (enum fasti_smart_oddity_kind)kind;
        if (oddity->count > 0)
            json_array_append_new(
                list,
                json_pack("{s:s, s:I, s:s, s:I, s:s, s:s}", "kind", fasti_smart_oddity_name(odd),
                          "count", (json_int_t)oddity->count, "file",
                          feed->files[oddity->first.file], "line", (json_int_t)oddity->first.line,
                          "example", oddity->example, "text", fasti_smart_oddity_text(odd)));
    }
    return list;
}

static json_t *offsets_json(const struct fasti_smart_plan *plan) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->offset_count; i++) {
        char text[16];
        fasti_times_format_offset(plan->offsets[i].offset_s, text);
        json_array_append_new(list, json_pack("{s:s, s:I}", "offset", text, "count",
                                              (json_int_t)plan->offsets[i].count));
    }
    return list;
}

static json_t *crowded_json(const struct fasti_smart_plan *plan,
                            const struct fasti_smart_feed *feed) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->crowded_count && i < FASTI_SMART_CROWDED_MAX; i++) {
        const struct fasti_smart_crowded *crowded = &plan->crowded[i];
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:I, s:I}", "file", feed->files[crowded->place.file],
                            "line", (json_int_t)crowded->place.line, "places",
                            (json_int_t)crowded->places, "fitting", (json_int_t)crowded->fitting));
    }
    return list;
}

static bool is_unchanged(const struct smart_import *import) {
    return !import->is_dry_run && import->result.created == 0 && import->result.changed == 0;
}

static void print_json(const struct smart_import *import) {
    const struct fasti_smart_plan *plan = import->plan;
    const struct fasti_import_answer *result = &import->result;
    json_t *object = json_pack(
        "{s:s, s:s, s:b, s:b, s:s, s:i}", "outcome",
        import->is_dry_run     ? "NONE"
        : is_unchanged(import) ? "UNCHANGED"
                               : "PUBLISHED",
        "source", import->source, "dry_run", (int)import->is_dry_run, "civil",
        (int)import->feed->is_civil, "organization",
        import->session->organization_text == NULL ? "" : import->session->organization_text,
        "minutes", (int)plan->options.minutes);
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"files", import->feed->file_count},
        {"lines", import->feed->line_count},
        {"locations", plan->location_count},
        {"schedules", plan->schedule_count},
        {"services", plan->service_count},
        {"spans", plan->span_count},
        {"openings", plan->opening_count},
        {"single_spans", plan->single_count},
        {"full_spans", plan->full_count},
        {"full_days", plan->full_day_count},
        {"capacity_kept", plan->capacity_count},
        {"crowded_count", plan->crowded_count},
        {"created", result->created},
        {"changed", result->changed},
        {"unchanged", result->unchanged},
        {"conflict_count", result->conflicts},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(object, counts[i].name, json_integer((json_int_t)counts[i].value));
    json_object_set_new(object, "crowded", crowded_json(plan, import->feed));
    json_object_set_new(object, "offsets", offsets_json(plan));
    json_object_set(object, "conflicts", import->conflicts);
    json_object_set_new(object, "oddities", oddities_json(import->feed));
    fasti_session_print_json(object);
}

static void print_capacity(const struct fasti_smart_plan *plan,
                           const struct fasti_smart_feed *feed) {
    if (plan->capacity_count == 0)
        return;
    printf("capacity: %u spans have a number of places", plan->capacity_count);
    if (plan->crowded_count > 0)
        printf("; %u have more than fit into their time one after the other: \"fasti set "
               "schedule --capacity N\" lets more in at once",
               plan->crowded_count);
    putchar('\n');
    for (uint32_t i = 0; i < plan->crowded_count && i < FASTI_SMART_CROWDED_MAX; i++) {
        const struct fasti_smart_crowded *crowded = &plan->crowded[i];
        printf("     %s:%u: %u places, time for %u\n", feed->files[crowded->place.file],
               crowded->place.line, crowded->places, crowded->fitting);
    }
}

static void print_text(const struct smart_import *import) {
    const struct fasti_smart_plan *plan = import->plan;
    const struct fasti_smart_feed *feed = import->feed;
    printf("read: %u files, %llu lines: %u locations, %u schedules, %u services, %u spans\n",
           feed->file_count, (unsigned long long)feed->line_count, plan->location_count,
           plan->schedule_count, plan->service_count, plan->span_count);
    printf("openings: %u, of these %u single visits; full: %u spans, %u days\n",
           plan->opening_count, plan->single_count, plan->full_count, plan->full_day_count);
    print_capacity(plan, feed);
    for (uint32_t i = 0; i < plan->offset_count; i++) {
        char text[16];
        fasti_times_format_offset(plan->offsets[i].offset_s, text);
        printf("offset %s: %llu spans%s\n", text, (unsigned long long)plan->offsets[i].count,
               feed->is_civil ? " (not used: wall clocks count)" : "");
    }
    for (uint32_t kind = 0; kind < FASTI_SMART_ODDITY_KINDS; kind++) {
        const struct fasti_smart_oddity *oddity = &feed->oddities[kind];
        if (oddity->count > 0)
            printf("odd: %llu x %s\n     first %s:%u%s%s\n", (unsigned long long)oddity->count,
                   fasti_smart_oddity_text((enum fasti_smart_oddity_kind)kind),
                   feed->files[oddity->first.file], oddity->first.line,
                   oddity->example[0] != '\0' ? ": " : "", oddity->example);
    }
    fasti_conflicts_print(import->result.conflicts, import->conflicts);
    if (import->is_dry_run)
        puts("dry run: nothing was imported");
    else if (is_unchanged(import))
        printf("nothing changed: all %u records were there\n", import->result.unchanged);
    else
        printf("imported: %u records created, %u changed, %u unchanged\n", import->result.created,
               import->result.changed, import->result.unchanged);
}

/* ---- the command ---- */

static enum fasti_exit publish(struct smart_import *import) {
    struct fasti_import_job job = {.count = fasti_smart_plan_put_count(import->plan),
                                   .source = import->options.source,
                                   .put = job_put,
                                   .context = import};
    uint32_t listed = 0;
    enum fasti_exit exit = fasti_import_scope(import->session, &job.creates);
    if (exit == FASTI_EXIT_DONE && job.creates == NULL)
        exit = keep_rules(import);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_import_run(import->session, &job, &import->result);
    if (exit == FASTI_EXIT_DONE && !import->feed->is_civil)
        exit = check_offsets(import);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_conflicts_find(import->session, (fasti_schedule_id){0},
                                    import->result.conflicts, &listed, import->conflicts);
    return exit;
}

enum fasti_exit fasti_run_import_smart(struct fasti_session *session,
                                       const struct fasti_command_spec *spec,
                                       const json_t *options) {
    (void)spec;
    struct smart_import import = {.session = session, .conflicts = json_array()};
    enum fasti_exit exit = read_options(&import, options);
    if (exit == FASTI_EXIT_DONE)
        exit = read_and_plan(&import, options);
    if (exit == FASTI_EXIT_DONE && !import.is_dry_run)
        exit = publish(&import);
    if (exit == FASTI_EXIT_DONE && session->is_json)
        print_json(&import);
    else if (exit == FASTI_EXIT_DONE)
        print_text(&import);
    fasti_smart_plan_destroy(import.plan);
    fasti_smart_feed_destroy(import.feed);
    json_decref(import.conflicts);
    return exit;
}
