/*
 * test_names.c - NAMES through the engine's face, against a loop over all records that folds and
 * compares, beside edits, imports, crashes and questions page by page.
 *
 * Names are drawn from few words, so that many are alike, begin alike, or differ by accents only;
 * enough edits come one by one that the index is made anew several times.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/search/fold.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW           "2026-03-27T07:00:00Z"
#define ORGANIZATIONS 3
#define RECORDS_MAX   800 /* of each kind */
#define ROUNDS        60
#define KINDS         3

struct known {
    uint32_t organization;
    struct fasti_name_text name;
    bool has_position;
    int32_t latitude_e7; /* of a location */
};

static struct engine_world *world;
static struct fasti_prng prng;
static struct known known[KINDS][RECORDS_MAX + 1]; /* by dense id */
static uint32_t counts[KINDS];
static struct { uint32_t organization, practitioner, location; } schedules[RECORDS_MAX + 1];
static uint32_t schedule_count;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static struct fasti_answer run(struct fasti_command command) {
    return engine_world_run(world, below(2), &command);
}

static struct fasti_answer must(struct fasti_command command) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    return answer;
}

/* ---- records ---- */

static struct fasti_name_text name_of(const char *text) {
    struct fasti_name_text name;
    cr_assert_eq(fasti_name_text_set(&name, text, strlen(text)), FASTI_OK, "%s", text);
    return name;
}

static struct fasti_name_text name_draw(void) {
    static const char *const words[] = {
        "Dr.",      "Jörg",         "Müller",   "Mueller", "Muller",   "MÜLLER",
        "Mühl",     "François",     "Francois", "Weiß",    "Weiss",    "Anna",
        "Änne",     "Anne",         "A",        "Ü",       "Ue",       "U",
        "Praxis",   "Große",        "Grosse",   "am",      "Markt",    "山田",
        "Øresund",  "Ørsted",       "ﷺ",        "Σίσυφος", "d'Angelo", "e\xcc\x81te\xcc\x81",
        "Müllerin", "Mullerin-Weiß"};
    char text[FASTI_NAME_BYTES_MAX + 64] = "";
    for (uint32_t left = below(5); left > 0; left--) {
        const char *word = words[below(sizeof words / sizeof words[0])];
        if (strlen(text) + strlen(word) + 1 > FASTI_NAME_BYTES_MAX)
            break;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", word,
                 left > 1 ? below(4) == 0 ? "-" : " " : "");
    }
    return name_of(text);
}

static struct fasti_id_text text_of(const char *prefix, uint32_t number) {
    char text[32];
    snprintf(text, sizeof text, "%s%u", prefix, number);
    return engine_id(text);
}

static const char *const prefixes[KINDS] = {"place", "person", "service"};

static void record_fill(struct fasti_command *command, uint32_t kind, uint32_t id) {
    const struct known *k = &known[kind][id];
    struct fasti_put *put = &command->body.put;
    *command =
        engine_put((enum fasti_entity_kind)(FASTI_ENTITY_LOCATION + kind), k->organization, "x");
    put->id = text_of(prefixes[kind], id);
    put->name = k->name;
    if (kind == 0) {
        put->body.location.zone = engine_id("Europe/Berlin");
        put->body.location.has_position = k->has_position;
        put->body.location.latitude_e7 = k->has_position ? k->latitude_e7 : 0;
    }
    if (kind == 2)
        put->body.service.duration_minutes = 20;
}

static void known_draw(struct known *k) {
    k->name = name_draw();
    k->has_position = below(3) != 0;
    k->latitude_e7 = (int32_t)below(900000000);
}

static void record_put(uint32_t kind, uint32_t id) {
    struct fasti_command command;
    record_fill(&command, kind, id);
    (void)must(command);
}

static void record_add(uint32_t kind) {
    if (counts[kind] == RECORDS_MAX)
        return;
    struct known *k = &known[kind][++counts[kind]];
    k->organization = 1 + below(ORGANIZATIONS);
    known_draw(k);
    record_put(kind, counts[kind]);
}

/* One of the organization; 0: there is none. */
static uint32_t record_of(uint32_t kind, uint32_t organization) {
    const uint32_t first = below(counts[kind] + 1);
    for (uint32_t i = 0; i < counts[kind]; i++) {
        const uint32_t id = 1 + (first + i) % counts[kind];
        if (known[kind][id].organization == organization)
            return id;
    }
    return 0;
}

static void schedule_put(uint32_t id) {
    const uint32_t organization = schedules[id].organization;
    const uint32_t service = record_of(2, organization), location = record_of(0, organization);
    const uint32_t practitioner = below(4) == 0 ? 0 : record_of(1, organization);
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, organization, "x");
    struct fasti_put *put = &command.body.put;
    put->id = text_of("schedule", id);
    put->body.schedule.location = text_of(prefixes[0], location);
    if (practitioner != 0)
        put->body.schedule.practitioner = text_of(prefixes[1], practitioner);
    put->body.schedule.service_count = 1;
    put->body.schedule.services[0] = text_of(prefixes[2], service);
    (void)must(command);
    schedules[id].practitioner = practitioner;
    schedules[id].location = location;
}

static void schedule_add(void) {
    const uint32_t organization = 1 + below(ORGANIZATIONS);
    if (schedule_count == RECORDS_MAX || record_of(0, organization) == 0 ||
        record_of(2, organization) == 0)
        return;
    schedules[++schedule_count].organization = organization;
    schedule_put(schedule_count);
}

/* ---- the model ---- */

struct expected {
    uint32_t kind, id, prefixes;
    struct fasti_fold fold;
};
static struct expected expected[KINDS * RECORDS_MAX];
static uint32_t expected_count;

/* Does a word of the folded name begin with the bytes; is it all of it? 0, 1, 2. */
static uint32_t has(const struct fasti_fold *fold, const char *bytes, uint32_t size) {
    uint32_t best = 0;
    for (uint32_t at = 0; size > 0 && at + size <= fold->length; at++) {
        const bool is_first = at == 0 || fasti_fold_ends(fold->bytes[at - 1]);
        const bool is_last = at + size == fold->length || fasti_fold_ends(fold->bytes[at + size]);
        if (is_first && memcmp(fold->bytes + at, bytes, size) == 0)
            best = is_last ? 2 : best == 0 ? 1 : best;
    }
    return best;
}

static int expected_compare(const void *a, const void *b) {
    const struct expected *first = a, *second = b;
    if (first->prefixes != second->prefixes)
        return first->prefixes < second->prefixes ? -1 : 1;
    const uint32_t x = first->fold.plain_length, y = second->fold.plain_length;
    const int order = memcmp(first->fold.bytes, second->fold.bytes, x < y ? x : y);
    if (order != 0)
        return order;
    if (x != y)
        return x < y ? -1 : 1;
    if (first->kind != second->kind)
        return first->kind < second->kind ? -1 : 1;
    return first->id < second->id ? -1 : 1;
}

static void expect(uint32_t organization, const struct fasti_names_query *query) {
    struct fasti_fold_word words[FASTI_NAMES_WORDS_MAX];
    const uint32_t word_count =
        fasti_fold_words(query->text.bytes, query->text.length, words, FASTI_NAMES_WORDS_MAX);
    expected_count = 0;
    for (uint32_t kind = 0; kind < KINDS; kind++)
        for (uint32_t id = 1; id <= counts[kind]; id++) {
            const struct known *k = &known[kind][id];
            struct expected *e = &expected[expected_count];
            bool is_match = k->organization == organization &&
                            (query->kinds == 0 || (query->kinds >> kind & 1) != 0);
            *e = (struct expected){.kind = kind, .id = id};
            fasti_fold(k->name.bytes, k->name.length, &e->fold);
            for (uint32_t w = 0; w < word_count && is_match; w++) {
                const uint32_t plain = has(&e->fold, words[w].plain, words[w].plain_length);
                const uint32_t spelled = has(&e->fold, words[w].spelled, words[w].spelled_length);
                e->prefixes += plain < 2 && spelled < 2;
                is_match = plain > 0 || spelled > 0;
            }
            expected_count += is_match;
        }
    qsort(expected, expected_count, sizeof expected[0], expected_compare);
}

/* ---- questions ---- */

static void row_check(const struct fasti_names_row *row, const struct expected *e) {
    const struct known *k = &known[e->kind][e->id];
    const struct fasti_id_text text = text_of(prefixes[e->kind], e->id);
    uint32_t schedule = 0, location = e->kind == 0 ? e->id : 0;
    cr_assert_eq(row->kind, FASTI_ENTITY_LOCATION + e->kind);
    cr_assert_eq(row->id, e->id);
    cr_assert_eq(row->prefixes, e->prefixes);
    cr_assert(fasti_id_text_equal(&row->text, &text));
    cr_assert_eq(row->name.length, k->name.length);
    cr_assert(memcmp(row->name.bytes, k->name.bytes, k->name.length) == 0);
    for (uint32_t s = 1; s <= schedule_count && e->kind == 1 && schedule == 0; s++)
        if (schedules[s].practitioner == e->id) {
            schedule = s;
            location = schedules[s].location;
        }
    cr_assert_eq(row->schedule.v, schedule);
    cr_assert_eq(row->location.v, location);
    const struct known *place = &known[0][location];
    const bool has_position = location != 0 && place->has_position;
    cr_assert_eq(row->has_position, has_position);
    cr_assert_eq(row->latitude_e7, has_position ? place->latitude_e7 : 0);
    cr_assert_eq(row->location_name.length, location == 0 ? 0 : place->name.length);
    cr_assert(location == 0 ||
              memcmp(row->location_name.bytes, place->name.bytes, place->name.length) == 0);
}

static struct fasti_name_text text_draw(void) {
    struct fasti_name_text text = name_draw();
    while (below(2) == 0 && text.length > 1) { /* the beginning of a word */
        text.length--;
        while ((text.bytes[text.length] & 0xc0) == 0x80)
            text.length--;
    }
    return text;
}

/* All pages of one question. */
static uint32_t question(void) {
    struct fasti_command command = {.kind = FASTI_COMMAND_NAMES,
                                    .organization = {1 + below(ORGANIZATIONS)}};
    struct fasti_names_query *query = &command.body.names;
    *query = (struct fasti_names_query){.text = text_draw(),
                                        .kinds = (uint8_t)(below(2) == 0 ? 0 : below(8)),
                                        .limit = (uint16_t)(1 + below(40))};
    uint32_t told = 0;
    const uint32_t words = fasti_fold_words(query->text.bytes, query->text.length, NULL, 0);
    if (words == 0 || words > FASTI_NAMES_WORDS_MAX)
        return 0;
    expect(command.organization.v, query);
    for (bool more = true; more;) {
        const struct fasti_answer answer = engine_world_run(world, 1, &command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        const struct fasti_names_answer *page = answer.body.names;
        const uint32_t left = expected_count - told;
        cr_assert_eq(page->total, expected_count, "%u, not %u: %.*s", page->total, expected_count,
                     query->text.length, query->text.bytes);
        cr_assert_eq(page->count, left < query->limit ? left : query->limit);
        for (uint32_t r = 0; r < page->count; r++)
            row_check(&page->rows[r], &expected[told + r]);
        told += page->count;
        more = page->more;
        cr_assert_eq(more, told < expected_count);
        if (more) {
            const struct fasti_names_row *last = &page->rows[page->count - 1];
            query->after =
                (struct fasti_names_place){last->prefixes, last->kind, last->id, last->name};
        }
    }
    return told;
}

/* ---- life ---- */

static void edit_make(void) {
    const uint32_t kind = below(KINDS);
    if (below(6) == 0) {
        record_add(kind);
    } else if (below(5) == 0) {
        schedule_add();
    } else if (below(5) == 0 && schedule_count > 0) {
        schedule_put(1 + below(schedule_count));
    } else if (counts[kind] > 0) {
        const uint32_t id = 1 + below(counts[kind]);
        known_draw(&known[kind][id]);
        record_put(kind, id);
    }
}

/* Many names at once, and new ones among them. */
static void import_make(uint32_t count) {
    const uint32_t organization = 1 + below(ORGANIZATIONS);
    struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_BEGIN,
                                    .organization = {organization}};
    const uint32_t import = must(command).body.import.import;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t kind = below(KINDS);
        uint32_t id = record_of(kind, organization);
        if (id == 0 || (below(4) == 0 && counts[kind] < RECORDS_MAX)) {
            id = ++counts[kind];
            known[kind][id].organization = organization;
        }
        known_draw(&known[kind][id]);
        record_fill(&command, kind, id);
        command.import = import;
        (void)must(command);
    }
    command =
        (struct fasti_command){.kind = FASTI_COMMAND_IMPORT_COMMIT, .organization = {organization}};
    command.body.import.import = import;
    (void)must(command);
}

static void life(void) {
    for (uint32_t left = below(100); left > 0; left--)
        edit_make();
    if (below(6) == 0) /* more than are followed up, once in a while */
        import_make(1 + below(below(3) == 0 ? 1500 : 100));
    if (below(20) == 0) {
        engine_world_settle(world);
        engine_world_crash(world);
        cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    }
}

static void country_make(void) {
    static struct fasti_zone zone;
    memset(counts, 0, sizeof counts);
    memset(&zone, 0, sizeof zone);
    schedule_count = 0;
    zone.change_count = 1;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, 3600};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Europe/Berlin");
    command.body.put.body.zone = &zone;
    (void)must(command);
    for (uint32_t o = 0; o < ORGANIZATIONS; o++) {
        command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "x");
        command.body.put.id = text_of("organization", o);
        (void)must(command);
    }
}

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(names, .init = setup, .fini = teardown);

Test(names, rows_are_what_a_loop_over_all_records_finds) {
    prng = fasti_test_prng("names");
    uint32_t told = 0;
    country_make();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        life();
        for (uint32_t q = 0; q < 40; q++)
            told += question();
    }
    cr_assert_gt(told, 5000);
}

/* ---- what is asked for by name ---- */

static const struct fasti_names_answer *ask(uint32_t organization, const char *text,
                                            struct fasti_answer *answer) {
    struct fasti_command command = {.kind = FASTI_COMMAND_NAMES, .organization = {organization}};
    command.body.names.text = name_of(text);
    command.body.names.limit = 10;
    *answer = run(command);
    return answer->body.names;
}

static void person_add(uint32_t organization, const char *name) {
    struct known *k = &known[1][++counts[1]];
    k->organization = organization;
    k->name = name_of(name);
    record_put(1, counts[1]);
}

Test(names, umlauts_accents_and_order_of_words_do_not_count) {
    static const char *const found[] = {"Muller",     "MÜLLER", "mueller", "jörg müll",
                                        "muller dr.", "joerg",  "JORG",    "d j m"};
    static const char *const others[] = {"ueller", "jorge", "muller anna", "drs"};
    struct fasti_answer answer;
    prng = fasti_test_prng("names");
    country_make();
    person_add(1, "Dr. Jörg Müller");
    person_add(1, "François");
    person_add(2, "Jörg Müller");
    for (uint32_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        const struct fasti_names_answer *names = ask(1, found[i], &answer);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        cr_assert(names->total == 1 && names->rows[0].id == 1, "%s: %u", found[i], names->total);
    }
    for (uint32_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert_eq(ask(1, others[i], &answer)->total, 0, "%s", others[i]);
    cr_assert_eq(ask(1, "francois", &answer)->rows[0].id, 2);
    cr_assert_eq(ask(2, "muller", &answer)->rows[0].id, 3);
    cr_assert_eq(ask(3, "muller", &answer)->total, 0);
}

/* A page goes on where the last one ended, whatever happened to the others. */
Test(names, a_page_goes_on_behind_a_record_that_has_another_name_by_now) {
    struct fasti_answer answer;
    struct fasti_command command = {.kind = FASTI_COMMAND_NAMES, .organization = {1}};
    struct fasti_names_query *query = &command.body.names;
    prng = fasti_test_prng("names");
    country_make();
    person_add(1, "Anna Alt");
    person_add(1, "Anna Berg");
    person_add(1, "Anna Celan");
    person_add(1, "Anna Dorn");
    query->text = name_of("anna");
    query->limit = 2;
    answer = must(command);
    cr_assert_eq(answer.body.names->rows[1].id, 2);
    query->after =
        (struct fasti_names_place){0, FASTI_ENTITY_PRACTITIONER, 2, name_of("Anna Berg")};
    known[1][2].name = name_of("Anna Zorn"); /* told already; it comes again under its new name */
    record_put(1, 2);
    known[1][1].name = name_of("Berta"); /* told already */
    record_put(1, 1);
    person_add(1, "Anna Beta"); /* behind the place, before Celan */
    query->limit = 10;
    answer = must(command);
    cr_assert_eq(answer.body.names->total, 4);
    cr_assert_eq(answer.body.names->count, 4);
    static const uint32_t ids[] = {5, 3, 4, 2};
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(answer.body.names->rows[i].id, ids[i]);
    cr_assert_not(answer.body.names->more);
}

static void assert_refused(struct fasti_command command, enum fasti_status status,
                           const char *sentence) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, status, "%d: %s", (int)answer.status, answer.detail.text);
    cr_assert_not_null(strstr(answer.detail.text, sentence), "%s", answer.detail.text);
}

Test(names, wrong_questions_are_refused_with_a_sentence) {
    struct fasti_command command = {.kind = FASTI_COMMAND_NAMES, .organization = {1}};
    struct fasti_names_query *query = &command.body.names;
    prng = fasti_test_prng("names");
    country_make();
    query->limit = 1;
    assert_refused(command, FASTI_INVALID_TEXT, "at least one letter or digit");
    query->text = name_of(" -.' ");
    assert_refused(command, FASTI_INVALID_TEXT, "at least one letter or digit");
    query->text = (struct fasti_name_text){.length = 2, .bytes = "a\xc3"};
    assert_refused(command, FASTI_INVALID_TEXT, "UTF-8");
    query->text = (struct fasti_name_text){.length = 2, .bytes = "a\n"};
    assert_refused(command, FASTI_INVALID_TEXT, "UTF-8");
    query->text.length = FASTI_NAME_BYTES_MAX + 1;
    assert_refused(command, FASTI_INVALID_TEXT, "UTF-8");
    query->text = name_of("a b c d e f g h");
    cr_assert_eq(run(command).status, FASTI_OK);
    query->text = name_of("a b c d e f g h i");
    assert_refused(command, FASTI_INVALID_RANGE, "at most 8 words, not 9");
    query->text = name_of("a");
    query->limit = 0;
    assert_refused(command, FASTI_INVALID_RANGE, "1 to 100 names");
    query->limit = 101;
    assert_refused(command, FASTI_INVALID_RANGE, "1 to 100 names");
    query->limit = 1;
    query->kinds = 8;
    assert_refused(command, FASTI_INVALID_RANGE, "services (4)");
    query->kinds = 0;
    query->after.id = 1;
    assert_refused(command, FASTI_INVALID_RANGE, "behind a location");
    query->after.kind = FASTI_ENTITY_SERVICE;
    query->after.name = (struct fasti_name_text){.length = 1, .bytes = "\xff"};
    assert_refused(command, FASTI_INVALID_TEXT, "behind is UTF-8");
    query->after.id = 0;
    command.organization.v = 0;
    assert_refused(command, FASTI_INVALID_REFERENCE, "in one organization");
}
