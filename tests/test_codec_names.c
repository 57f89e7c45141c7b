/*
 * test_codec_names.c - questions for names and their answers on the wire: what is wrong is refused
 * by name, the largest answer fits. That they come back as they were sent is test_codec.c's.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "api/api_limits.h"
#include "api/codec.h"
#include "tests/support/messages.h"

static struct fasti_codec *codec;
static struct fasti_messages m;
static struct fasti_answer_space space;

static void setup(void) {
    codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
    cr_assert_not_null(codec);
    m.prng = (struct fasti_prng){7};
}

static void teardown(void) {
    fasti_codec_destroy(codec);
}

TestSuite(codec_names, .init = setup, .fini = teardown);

static enum fasti_status asked(const struct fasti_command *command, struct fasti_detail *detail) {
    static struct fasti_command got;
    struct fasti_client_frame opened;
    struct fasti_bytes frame;
    uint64_t id;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, command, &frame), FASTI_OK);
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, detail),
                 FASTI_OK);
    return fasti_codec_decode_request(codec, 0, &id, &got, detail);
}

#define REFUSES(member, wrong, status, field)                              \
    do {                                                                   \
        struct fasti_detail detail = {{0}};                                \
        fasti_messages_command(&m, &c, FASTI_COMMAND_NAMES);               \
        query->after.id = 1;                                               \
        query->after.kind = FASTI_ENTITY_LOCATION;                         \
        query->member = wrong;                                             \
        cr_assert_eq(asked(&c, &detail), status);                          \
        cr_assert_not_null(strstr(detail.text, field), "%s", detail.text); \
    } while (0)

Test(codec_names, wrong_questions_are_refused_by_name) {
    static struct fasti_command c;
    struct fasti_names_query *query = &c.body.names;
    REFUSES(text, ((struct fasti_name_text){.length = 2, .bytes = "a\n"}), FASTI_INVALID_TEXT,
            "names.text");
    REFUSES(text, ((struct fasti_name_text){.length = 1, .bytes = "\xff"}), FASTI_INVALID_TEXT,
            "names.text");
    REFUSES(after.name, ((struct fasti_name_text){.length = 1, .bytes = "\xff"}),
            FASTI_INVALID_TEXT, "names.after_name");
    REFUSES(kinds, 8, FASTI_INVALID_RANGE, "names.kinds");
    REFUSES(limit, 0, FASTI_INVALID_RANGE, "names.limit");
    REFUSES(limit, 101, FASTI_INVALID_RANGE, "names.limit");
    REFUSES(after.kind, (enum fasti_entity_kind)0, FASTI_INVALID_RANGE, "names.after_kind");
    REFUSES(after.kind, FASTI_ENTITY_SCHEDULE, FASTI_INVALID_RANGE, "names.after_kind");
}

static enum fasti_status answered(const struct fasti_answer *sent, struct fasti_detail *detail) {
    static struct fasti_server_frame got;
    const struct fasti_bytes frame = fasti_codec_encode_answer(codec, sent);
    cr_assert_leq(frame.size, FASTI_ANSWER_BYTES_MAX);
    memset(&space, 0, sizeof space);
    return fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, detail);
}

Test(codec_names, the_largest_answer_fits) {
    static struct fasti_answer sent;
    struct fasti_detail detail = {{0}};
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_NAMES);
    fasti_messages_names(&m, FASTI_NAMES_RESULTS_MAX);
    for (uint32_t i = 0; i < FASTI_NAMES_RESULTS_MAX; i++) {
        m.names.rows[i].text.length = FASTI_ID_BYTES_MAX;
        m.names.rows[i].name.length = m.names.rows[i].location_name.length = FASTI_NAME_BYTES_MAX;
        memset(m.names.rows[i].text.bytes, 'i', FASTI_ID_BYTES_MAX);
        memset(m.names.rows[i].name.bytes, 'n', FASTI_NAME_BYTES_MAX);
        memset(m.names.rows[i].location_name.bytes, 'l', FASTI_NAME_BYTES_MAX);
    }
    cr_assert_eq(answered(&sent, &detail), FASTI_OK, "%s", detail.text);
    cr_assert(memcmp(&space.names, &m.names, sizeof m.names) == 0);
}

/* One thing wrong in what a server answers. */
static void assert_wrong(struct fasti_answer *sent, enum fasti_status status, const char *field) {
    struct fasti_detail detail = {{0}};
    sent->body.names = &m.names;
    cr_assert_eq(answered(sent, &detail), status);
    cr_assert_not_null(strstr(detail.text, field), "%s does not name %s", detail.text, field);
}

Test(codec_names, wrong_answers_are_refused) {
    static struct fasti_answer sent;
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_NAMES);
    fasti_messages_names(&m, 3);
    m.names.rows[1].id = 0;
    assert_wrong(&sent, FASTI_INVALID_MESSAGE, "entities");
    fasti_messages_names(&m, 3);
    m.names.rows[2].kind = FASTI_ENTITY_ZONE;
    assert_wrong(&sent, FASTI_INVALID_MESSAGE, "names.kinds");
    fasti_messages_names(&m, 3);
    m.names.rows[0].text.length = 0;
    assert_wrong(&sent, FASTI_INVALID_ID, "names.ids");
    fasti_messages_names(&m, 3);
    m.names.rows[0].name = (struct fasti_name_text){.length = 1, .bytes = "\xff"};
    assert_wrong(&sent, FASTI_INVALID_TEXT, "names.names");
}
