/*
 * fasti_smart_services.c - which codings mean the same service.
 *
 * Codings inside one concept are names of one thing, so a union-find over them gives services.
 * Real feeds add a broad coding ("57 Immunization") to several specific ones; a coding that is
 * seen with two different specific codings therefore joins nothing.
 */
#include <stdio.h>
#include <string.h>

#include "tools/fasti_smart_plan.h"

struct joiner {
    uint32_t parent[FASTI_SMART_FEED_CODINGS_MAX];
    uint32_t specific[FASTI_SMART_FEED_CODINGS_MAX]; /* 1 + the specific coding it was seen with; 0
                                                        none yet */
    bool is_used[FASTI_SMART_FEED_CODINGS_MAX];      /* a root that names a concept */
    bool *is_broad;                                  /* the services' */
};

static uint32_t root_of(struct joiner *joiner, uint32_t coding) {
    while (joiner->parent[coding] != coding) {
        joiner->parent[coding] = joiner->parent[joiner->parent[coding]];
        coding = joiner->parent[coding];
    }
    return coding;
}

/* The older root wins, so that the result does not depend on the order of joins. */
static void join(struct joiner *joiner, uint32_t a, uint32_t b) {
    a = root_of(joiner, a);
    b = root_of(joiner, b);
    if (a < b)
        joiner->parent[b] = a;
    else
        joiner->parent[a] = b;
}

/* The first specific coding of a concept; UINT32_MAX if it has none. */
static uint32_t specific_of(const struct fasti_smart_feed *feed,
                            const struct fasti_smart_concept *concept) {
    for (uint32_t i = 0; i < concept->coding_count; i++)
        if (feed->codings[concept->codings[i]].is_smart)
    return concept->codings[i];
    return UINT32_MAX;
}

static void mark_broad(const struct fasti_smart_feed *feed,
                       const struct fasti_smart_concept *concept, struct joiner *joiner) {
    const uint32_t specific = specific_of(feed, concept);
    for (uint32_t i = 0; specific != UINT32_MAX && i < concept->coding_count; i++) {
        const uint32_t coding = concept->codings[i];
        if (feed->codings[coding].is_smart)
            continue;
        if (joiner->specific[coding] != 0 && joiner->specific[coding] != 1 + specific)
            joiner->is_broad[coding] = true;
        joiner->specific[coding] = 1 + specific;
    }
}

static void join_concept(const struct fasti_smart_feed *feed,
                         const struct fasti_smart_concept *concept, struct joiner *joiner) {
    (void)feed;
    uint32_t first = UINT32_MAX;
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        const uint32_t coding = concept->codings[i];
        if (joiner->is_broad[coding])
            continue;
        if (first == UINT32_MAX)
            first = coding;
        else
            join(joiner, first, coding);
    }
}

/* A service is named by a specific coding of its class, else by the first one seen. */
static uint32_t representative(const struct fasti_smart_feed *feed, struct joiner *joiner,
                               uint32_t root) {
    for (uint32_t c = 0; c < feed->coding_count; c++)
        if (feed->codings[c].is_smart && root_of(joiner, c) == root)
            return c;
    return root;
}

/* Two systems may use the same code for different things: the later one gets a number. */
static void make_unique(struct fasti_smart_service *services, uint32_t count) {
    struct fasti_id_text *id = &services[count].id;
    const struct fasti_id_text code = *id;
    uint32_t number = 2;
    for (uint32_t i = 0; i < count; i++) {
        if (!fasti_id_text_equal(&services[i].id, id))
            continue;
        char text[FASTI_ID_BYTES_MAX + 1];
        const int kept = code.length > FASTI_ID_BYTES_MAX - 8 ? 0 : code.length;
        const int size = snprintf(text, sizeof text, "%.*s-%u", kept == 0 ? 7 : kept,
                                  kept == 0 ? "service" : code.bytes, (unsigned)number++);
        if (fasti_id_text_set(id, text, (size_t)size) != FASTI_OK)
            return;
        i = UINT32_MAX; /* the loop adds one: look at all of them again */
    }
}

static void each_concept(const struct fasti_smart_feed *feed, struct joiner *joiner,
                         void (*visit)(const struct fasti_smart_feed *feed,
                                       const struct fasti_smart_concept *concept,
                                       struct joiner *joiner)) {
    for (uint32_t s = 0; s < feed->schedule_count; s++)
        for (uint32_t i = 0; i < feed->schedules[s].concept_count; i++)
            visit(feed, &feed->schedules[s].concepts[i], joiner);
}

/* The coding that names a concept: the first that is not broad, else the first. */
static uint32_t naming_coding(const bool *is_broad, const struct fasti_smart_concept *concept) {
    for (uint32_t i = 0; i < concept->coding_count; i++)
        if (!is_broad[concept->codings[i]])
    return concept->codings[i];
    return concept->codings[0];
}

static void mark_used(const struct fasti_smart_feed *feed,
                      const struct fasti_smart_concept *concept, struct joiner *joiner) {
    (void)feed;
    joiner->is_used[root_of(joiner, naming_coding(joiner->is_broad, concept))] = true;
}

void fasti_smart_services_join(const struct fasti_smart_feed *feed,
                               struct fasti_smart_services *services) {
    memset(services, 0, sizeof *services);
    struct joiner joiner = {.is_broad = services->is_broad};
    for (uint32_t c = 0; c < feed->coding_count; c++)
        joiner.parent[c] = c;
    each_concept(feed, &joiner, mark_broad);
    each_concept(feed, &joiner, join_concept);
    each_concept(feed, &joiner, mark_used);
    for (uint32_t c = 0; c < feed->coding_count; c++) {
        const uint32_t root = root_of(&joiner, c); /* the oldest of its class: seen first */
        if (root == c && joiner.is_used[c]) {
            const struct fasti_smart_coding *name =
                &feed->codings[representative(feed, &joiner, c)];
            services->items[services->count] = (struct fasti_smart_service){
                .id = name->code, .name = name->display, .code = name->code};
            make_unique(services->items, services->count);
            services->service_of[c] = services->count++;
        }
        services->service_of[c] = services->service_of[root];
    }
}

uint32_t fasti_smart_concept_service(const struct fasti_smart_services *services,
                                     const struct fasti_smart_concept *concept) {
    return services->service_of[naming_coding(services->is_broad, concept)];
}
