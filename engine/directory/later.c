/*
 * later.c - days that an import compiles once, however often it edits their schedule.
 *
 *   publish ... publish      each leaves {schedule, configuration before, touch}, or a service
 *   finish                   a schedule: its first configuration before, its strongest touch
 *
 * Whatever finds no room here is compiled at once, so that nothing can fail.
 * Threading: under the configuration lock.
 */
#include <stdlib.h>

#include "engine/directory/compile.h"
#include "engine/directory/later.h"

struct fasti_compile_later *fasti_publish_begin(void) {
    return calloc(1, sizeof(struct fasti_compile_later));
}

/* Room for one more element: doubles. false: no memory. */
static bool grow(void **elements, size_t size, uint32_t count, uint32_t *capacity) {
    if (count < *capacity)
        return true;
    const uint32_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = realloc(*elements, wanted * size);
    if (grown == NULL)
        return false;
    *elements = grown;
    *capacity = wanted;
    return true;
}

bool fasti_later_schedule(struct fasti_compile_later *later, fasti_schedule_id schedule,
                          const struct fasti_schedule_config *old, enum fasti_touch touch) {
    void *items = later == NULL ? NULL : later->items;
    if (later == NULL || !grow(&items, sizeof *later->items, later->count, &later->capacity))
        return false;
    later->items = items;
    later->items[later->count] = (struct fasti_later_item){schedule, later->count, old, touch};
    later->count++;
    return true;
}

bool fasti_later_service(struct fasti_compile_later *later, fasti_service_id service) {
    void *services = later == NULL ? NULL : later->services;
    if (later == NULL ||
        !grow(&services, sizeof *later->services, later->service_count, &later->service_capacity))
        return false;
    later->services = services;
    later->services[later->service_count++] = service;
    return true;
}

static int item_compare(const void *a, const void *b) {
    const struct fasti_later_item *first = a, *second = b;
    if (first->schedule.v != second->schedule.v)
        return first->schedule.v < second->schedule.v ? -1 : 1;
    return first->order < second->order ? -1 : 1;
}

static void schedules_finish(struct fasti_directory *directory,
                             const struct fasti_publish *publish) {
    const struct fasti_compile_later *later = publish->later;
    if (later->count > 0)
        qsort(later->items, later->count, sizeof *later->items, item_compare);
    for (uint32_t i = 0, end; i < later->count; i = end) {
        const struct fasti_later_item *first = &later->items[i];
        enum fasti_touch touch = first->touch;
        for (end = i; end < later->count && later->items[end].schedule.v == first->schedule.v;
             end++)
            touch = later->items[end].touch > touch ? later->items[end].touch : touch;
        fasti_compile_schedule(directory, first->schedule, first->old, touch, publish);
    }
}

void fasti_publish_finish(struct fasti_directory *directory, const struct fasti_publish *publish) {
    struct fasti_compile_later *later = publish->later;
    if (later == NULL)
        return;
    schedules_finish(directory, publish);
    for (uint32_t i = 0; i < later->service_count; i++)
        fasti_compile_service(directory, later->services[i], publish);
    free(later->items);
    free(later->services);
    free(later);
}
