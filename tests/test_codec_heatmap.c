/*
 * test_codec_heatmap.c - questions for heat maps and their answers on the wire: what is wrong is
 * refused by name, the largest answer fits. That they come back as sent is test_codec.c's.
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

TestSuite(codec_heatmap, .init = setup, .fini = teardown);

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
        fasti_messages_command(&m, &c, FASTI_COMMAND_HEATMAP);             \
        query->area = FASTI_SEARCH_CIRCLE;                                 \
        query->member = wrong;                                             \
        cr_assert_eq(asked(&c, &detail), status);                          \
        cr_assert_not_null(strstr(detail.text, field), "%s", detail.text); \
    } while (0)

Test(codec_heatmap, wrong_questions_are_refused_by_name) {
    static struct fasti_command c;
    struct fasti_heatmap_query *query = &c.body.heatmap;
    const struct fasti_id_text wrong = {.length = 2, .bytes = "a\n"};
    REFUSES(specialty, wrong, FASTI_INVALID_ID, "heatmap.specialty");
    REFUSES(code, wrong, FASTI_INVALID_ID, "heatmap.code");
    REFUSES(duration_minutes, 1441, FASTI_INVALID_RANGE, "heatmap.duration_minutes");
    REFUSES(area, FASTI_SEARCH_ANYWHERE, FASTI_INVALID_RANGE, "heatmap.area");
    REFUSES(area, (enum fasti_search_area)3, FASTI_INVALID_RANGE, "heatmap.area");
    REFUSES(latitude_e7, 900000001, FASTI_INVALID_RANGE, "heatmap.latitude_e7");
    REFUSES(longitude_e7, -1800000001, FASTI_INVALID_RANGE, "heatmap.longitude_e7");
    REFUSES(north_e7, INT32_MIN, FASTI_INVALID_RANGE, "heatmap.north_e7");
    REFUSES(east_e7, INT32_MAX, FASTI_INVALID_RANGE, "heatmap.east_e7");
    REFUSES(radius_m, 0, FASTI_INVALID_RANGE, "heatmap.radius_m");
    REFUSES(radius_m, FASTI_SEARCH_RADIUS_MAX_M + 1, FASTI_INVALID_RANGE, "heatmap.radius_m");
    REFUSES(cell_e7, FASTI_HEATMAP_CELL_MIN_E7 - 1, FASTI_INVALID_RANGE, "heatmap.cell_e7");
    REFUSES(cell_e7, FASTI_HEATMAP_CELL_MAX_E7 + 1, FASTI_INVALID_RANGE, "heatmap.cell_e7");
    REFUSES(facts.modality, 9, FASTI_INVALID_RANGE, "facts");
    REFUSES(first.v, INT32_MIN, FASTI_INVALID_DATE, "heatmap.first_date");
    REFUSES(last.v, INT32_MAX, FASTI_INVALID_DATE, "heatmap.last_date");
    REFUSES(last.v, query->first.v + 31, FASTI_INVALID_RANGE, "1 to 31 days");
    REFUSES(last.v, query->first.v - 1, FASTI_INVALID_RANGE, "heatmap.last_date");
}

static enum fasti_status answered(const struct fasti_answer *sent, struct fasti_detail *detail) {
    static struct fasti_server_frame got;
    const struct fasti_bytes frame = fasti_codec_encode_answer(codec, sent);
    cr_assert_leq(frame.size, FASTI_ANSWER_BYTES_MAX);
    memset(&space, 0, sizeof space);
    return fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, detail);
}

Test(codec_heatmap, the_largest_answer_fits) {
    static struct fasti_answer sent;
    struct fasti_detail detail = {{0}};
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_HEATMAP);
    fasti_messages_heatmap(&m, FASTI_HEATMAP_CELLS_MAX, FASTI_HEATMAP_DAYS_MAX);
    cr_assert_eq(answered(&sent, &detail), FASTI_OK, "%s", detail.text);
    cr_assert(memcmp(&space.heatmap, &m.heatmap, sizeof m.heatmap) == 0);
}

Test(codec_heatmap, a_cell_without_schedules_is_refused) {
    static struct fasti_answer sent;
    struct fasti_detail detail = {{0}};
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_HEATMAP);
    fasti_messages_heatmap(&m, 3, 2);
    m.heatmap.cells[1].schedules = 0;
    cr_assert_eq(answered(&sent, &detail), FASTI_INVALID_MESSAGE);
    cr_assert_not_null(strstr(detail.text, "heatmap.schedules"), "%s", detail.text);
}
