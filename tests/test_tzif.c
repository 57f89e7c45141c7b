/*
 * test_tzif.c - the TZif decoder: zic's slim and fat files, footer rules, versions, damaged files.
 *
 * Files are made by the system's zic from its tzdata.zi, or byte by byte here. What the footer
 * says is compared with the C library's reading of the same TZ string where the library follows
 * RFC 8536. Damaged files are decoded from memory of their exact size, for the sanitizer.
 */
#include <criterion/criterion.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/time/civil.h"
#include "tests/support/seed.h"
#include "tests/support/zone_files.h"

#define ZONE_SOURCE ZONE_FILES_FOLDER "/tzdata.zi"
#define ZIC         "/usr/sbin/zic"
#define HOUR        3600

static enum fasti_status decode_copy(const uint8_t *bytes, size_t size, struct fasti_zone *zone,
                                     struct fasti_detail *detail) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    memset(detail, 0, sizeof *detail);
    const enum fasti_status status = fasti_zone_decode_tzif(copy, size, zone, detail);
    free(copy);
    return status;
}

static bool tables_equal(const struct fasti_zone *a, const struct fasti_zone *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static int64_t utc_of(const char *text) {
    struct fasti_instant_text instant;
    cr_assert_eq(fasti_instant_parse(text, strlen(text), &instant), FASTI_OK, "%s", text);
    return fasti_instant_utc_s(&instant);
}

/* ---- files written here ---------------------------------------------------------------------- */

struct writer {
    uint8_t bytes[8192];
    size_t size;
};

static void put(struct writer *writer, uint64_t value, int bytes) {
    while (bytes-- > 0)
        writer->bytes[writer->size++] = (uint8_t)(bytes < 8 ? value >> (8 * bytes) : 0);
}

static void put_text(struct writer *writer, const char *text) {
    memcpy(writer->bytes + writer->size, text, strlen(text));
    writer->size += strlen(text);
}

static void put_header(struct writer *writer, char version, uint32_t times, uint32_t types) {
    put_text(writer, "TZif");
    put(writer, (uint8_t)version, 1);
    put(writer, 0, 15);
    put(writer, 0, 12);
    put(writer, times, 4);
    put(writer, types, 4);
    put(writer, 4, 4);
}

static void put_block(struct writer *writer, const struct fasti_zone_change *changes,
                      uint32_t count, int32_t first_offset_s, int time_bytes) {
    for (uint32_t i = 0; i < count; i++)
        put(writer, (uint64_t)changes[i].utc_s, time_bytes);
    for (uint32_t i = 0; i < count; i++)
        put(writer, i + 1, 1);
    put(writer, (uint32_t)first_offset_s, 4);
    put(writer, 0, 2);
    for (uint32_t i = 0; i < count; i++) {
        put(writer, (uint32_t)changes[i].offset_s, 4);
        put(writer, 0, 2);
    }
    put(writer, 0x58585800, 4);
}

/* One type a change; version '\0' has no 64-bit block and no footer. */
static void make_file(struct writer *writer, char version, const struct fasti_zone_change *changes,
                      uint32_t count, int32_t first_offset_s, const char *footer) {
    *writer = (struct writer){0};
    put_header(writer, version, count, count + 1);
    put_block(writer, changes, count, first_offset_s, 4);
    if (version == '\0')
        return;
    put_header(writer, version, count, count + 1);
    put_block(writer, changes, count, first_offset_s, 8);
    put_text(writer, "\n");
    put_text(writer, footer);
    put_text(writer, "\n");
}

static enum fasti_status decode_footer(const char *footer, struct fasti_zone *zone,
                                       struct fasti_detail *detail) {
    struct writer writer;
    make_file(&writer, '3', NULL, 0, 0, footer);
    return decode_copy(writer.bytes, writer.size, zone, detail);
}

/* ---- zic ------------------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Compiles every zone into a new folder, whose path it writes over the X of folder. */
static struct zone_files *compile_zones(const char *style, char folder[32]) {
    extern char **environ;
    snprintf(folder, 32, "/tmp/fasti-zic-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    char b[] = "-b", d[] = "-d", zic[] = ZIC, source[] = ZONE_SOURCE, kind[8];
    snprintf(kind, sizeof kind, "%s", style);
    char *const arguments[] = {zic, b, kind, d, folder, source, NULL};
    pid_t child;
    int result = -1;
    cr_assert_eq(posix_spawn(&child, ZIC, NULL, NULL, arguments, environ), 0);
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert_eq(result, 0, "zic failed");
    return zone_files_open(folder);
}

/* Both sides of every change, and every day, as the C library reads the same file. */
static void expect_library_agrees(const char *folder, const char *name,
                                  const struct fasti_zone *zone) {
    char value[128];
    snprintf(value, sizeof value, ":%s/%s", folder, name);
    setenv("TZ", value, 1);
    tzset();
    for (uint32_t k = 2; k < 2 * zone->change_count + FASTI_DAYS_MAX; k++) {
        const int64_t utc_s =
            k < 2 * zone->change_count
                ? zone->changes[k / 2].utc_s - (k & 1)
                : (FASTI_DATE_LAST - (k - 2 * zone->change_count)) * FASTI_DAY_SECONDS;
        const time_t time = utc_s;
        struct tm local;
        localtime_r(&time, &local);
        cr_assert_eq(local.tm_gmtoff, fasti_zone_offset_at(zone, utc_s), "%s at %lld", name,
                     (long long)utc_s);
    }
}

static void decode_file(const struct zone_files *files, const char *name, struct fasti_zone *zone) {
    struct fasti_detail detail;
    const struct zone_file *file = zone_files_find(files, name);
    cr_assert_not_null(file, "%s", name);
    cr_assert_eq(decode_copy(file->bytes, file->size, zone, &detail), FASTI_OK, "%s: %s", name,
                 detail.text);
}

/* zic 2022e writes two slim files, Asia/Gaza and Asia/Hebron, that end in 2072 where the fat ones
 * go on to 2086: where tables differ, the files do, which the C library must confirm. */
Test(tzif, slim_fat_and_installed_files_agree) {
    if (access(ZIC, X_OK) != 0 || access(ZONE_SOURCE, R_OK) != 0)
        cr_skip_test("no " ZIC " or no " ZONE_SOURCE);
    char slim_folder[32];
    char fat_folder[32];
    struct zone_files *slim = compile_zones("slim", slim_folder);
    struct zone_files *fat = compile_zones("fat", fat_folder);
    struct zone_files *installed = zone_files_open(ZONE_FILES_FOLDER);
    static struct fasti_zone from_slim;
    static struct fasti_zone from_fat;
    static struct fasti_zone from_installed;
    size_t slim_bytes = 0;
    size_t fat_bytes = 0;
    uint32_t differing = 0;
    cr_assert_gt(slim->count, 300);
    for (size_t i = 0; i < slim->count; i++) {
        const char *name = slim->files[i].name;
        decode_file(slim, name, &from_slim);
        decode_file(fat, name, &from_fat);
        slim_bytes += slim->files[i].size;
        fat_bytes += zone_files_find(fat, name)->size;
        if (!tables_equal(&from_slim, &from_fat)) {
            differing++;
            expect_library_agrees(slim_folder, name, &from_slim);
            expect_library_agrees(fat_folder, name, &from_fat);
        }
        if (zone_files_find(installed, name) != NULL) {
            decode_file(installed, name, &from_installed);
            cr_expect(tables_equal(&from_fat, &from_installed) ||
                          tables_equal(&from_slim, &from_installed),
                      "%s: installed differs", name);
        }
    }
    cr_expect_leq(differing, 2);
    cr_expect_gt(fat_bytes, slim_bytes * 3 / 2, "zic wrote both kinds");
    printf("%zu zones: %zu bytes slim, %zu bytes fat\n", slim->count, slim_bytes, fat_bytes);
    zone_files_close(slim);
    zone_files_close(fat);
    zone_files_close(installed);
    nftw(slim_folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    nftw(fat_folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- versions -------------------------------------------------------------------------------- */

Test(tzif, versions) {
    static struct fasti_zone zone;
    static struct fasti_zone first;
    struct fasti_detail detail;
    struct writer writer;
    const struct fasti_zone_change changes[] = {
        {utc_of("2007-03-25T01:00Z"), 7200},
        {utc_of("2007-10-28T01:00Z"), 3600},
    };
    for (int version = 0; version < 256; version++) {
        make_file(&writer, (char)version, changes, 2, 3600, "CET-1");
        const enum fasti_status status = decode_copy(writer.bytes, writer.size, &zone, &detail);
        const bool is_good = version == 0 || (version >= '2' && version <= '4');
        cr_assert_eq(status, is_good ? FASTI_OK : FASTI_INVALID_ZONE, "version %d", version);
        if (version == 0)
            first = zone;
        if (is_good)
            cr_assert(tables_equal(&zone, &first), "version %d", version);
    }
    cr_assert_eq(first.change_count, 3);
    cr_assert_eq(first.changes[1].utc_s, changes[0].utc_s);
    /* An empty footer says nothing: the last offset stays. */
    make_file(&writer, '2', changes, 1, 3600, "");
    cr_assert_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_OK);
    cr_assert_eq(fasti_zone_offset_at(&zone, utc_of("2199-12-31T00:00Z")), 7200);
}

Test(tzif, the_table_keeps_what_counts) {
    static struct fasti_zone zone;
    struct fasti_detail detail;
    struct writer writer;
    /* Odd seconds before the range, a change that changes nothing, one after the range. */
    const struct fasti_zone_change changes[] = {
        {-(INT64_C(1) << 59), -2670},
        {utc_of("2000-01-01T00:00Z") - 90 * 86400, 3600},
        {utc_of("2010-01-01T00:00Z"), 3600},
        {utc_of("2011-01-01T00:00Z"), 7200},
        {INT64_C(1) << 40, 17},
    };
    make_file(&writer, '2', changes, 5, -2671, "");
    cr_assert_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_OK, "%s",
                 detail.text);
    cr_assert_eq(zone.change_count, 2);
    cr_assert_eq(zone.changes[0].utc_s, FASTI_ZONE_FIRST_UTC_S);
    cr_assert_eq(zone.changes[0].offset_s, 3600);
    cr_assert_eq(zone.changes[1].offset_s, 7200);
}

/* ---- footers --------------------------------------------------------------------------------- */

/* Rules that the C library reads as RFC 8536 does. */
static const char *const footers_good[] = {
    "UTC0",
    "JST-9",
    "<+0330>-3:30",
    "<-00>0",
    "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "EST5EDT,M3.2.0,M11.1.0",
    "EST+5EDT+4,M3.2.0/02:00:00,M11.1.0/2",
    "CST5CDT,M3.2.0/0,M11.1.0/1",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3",
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "IST-2IDT,M3.4.4/26,M10.5.0",
    "EET-2EEST,M3.4.4/50,M10.4.4/50",
    "XXX3YYY,J60,J300",
    "XXX3YYY,J59/0,J62/0",
    "XXX3YYY,59,300",
    "XXX3YYY,58/0,61/0",
    "XXX-5YYY-6:30,M2.5.6/-167,M8.1.3/167",
};

Test(tzif, footers_agree_with_the_c_library) {
    static struct fasti_zone zone;
    struct fasti_detail detail;
    for (size_t i = 0; i < sizeof footers_good / sizeof footers_good[0]; i++) {
        cr_assert_eq(decode_footer(footers_good[i], &zone, &detail), FASTI_OK, "%s: %s",
                     footers_good[i], detail.text);
        zone_invariants_verify(&zone, i, 50);
        setenv("TZ", footers_good[i], 1);
        tzset();
        for (uint32_t k = 0; k <= 2 * FASTI_DAYS_MAX; k++) {
            /* Noon and midnight of every day, then both sides of every change. */
            const uint32_t change = 1 + k / 2;
            for (int side = 0; side < 2; side++) {
                const int64_t utc_s =
                    side == 0 ? FASTI_DATE_FIRST * FASTI_DAY_SECONDS + k * INT64_C(43200)
                    : change < zone.change_count ? zone.changes[change].utc_s - (k & 1)
                                                 : FASTI_ZONE_FIRST_UTC_S;
                const time_t time = utc_s;
                struct tm local;
                localtime_r(&time, &local);
                if (local.tm_gmtoff != fasti_zone_offset_at(&zone, utc_s))
                    cr_assert_fail("%s at %lld: %d s, the C library says %ld s", footers_good[i],
                                   (long long)utc_s, (int)fasti_zone_offset_at(&zone, utc_s),
                                   local.tm_gmtoff);
            }
        }
    }
}

/* RFC 8536 3.3.1 and its neighbours: daylight time all year, and a week beyond the year's ends. */
Test(tzif, footers_beyond_the_year) {
    static struct fasti_zone zone;
    struct fasti_detail detail;
    const char *const all_year[] = {"EST5EDT,0/0,J365/25", "XXX3EDT4,0/0,J365/23"};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(decode_footer(all_year[i], &zone, &detail), FASTI_OK, "%s: %s", all_year[i],
                     detail.text);
        cr_expect_eq(zone.change_count, 1, "%s", all_year[i]);
        cr_expect_eq(zone.changes[0].offset_s, -4 * HOUR, "%s", all_year[i]);
    }
    /* From 26 December 23:00, before the year that it is written for, to 8 January 00:00. */
    cr_assert_eq(decode_footer("XXX0YYY,J1/-121,J1/168", &zone, &detail), FASTI_INVALID_ZONE);
    cr_assert_eq(decode_footer("XXX0YYY,J1/-121,J1/167", &zone, &detail), FASTI_OK, "%s",
                 detail.text);
    cr_expect_eq(fasti_zone_offset_at(&zone, utc_of("2023-12-26T22:59:59Z")), 0);
    cr_expect_eq(fasti_zone_offset_at(&zone, utc_of("2023-12-26T23:00:00Z")), HOUR);
    cr_expect_eq(fasti_zone_offset_at(&zone, utc_of("2024-01-07T21:59:59Z")), HOUR);
    cr_expect_eq(fasti_zone_offset_at(&zone, utc_of("2024-01-07T22:00:00Z")), 0);
    cr_expect_eq(fasti_zone_offset_at(&zone, utc_of("2000-01-01T00:00:00Z")), HOUR);
    cr_expect_eq(fasti_zone_offset_at(&zone, utc_of("2199-12-31T00:00:00Z")), HOUR);
}

static const char *const footers_bad[] = {
    " ",
    "U",
    "UT0",
    "UTC",
    "UTC+",
    "UTC0 ",
    "UTC25",
    "UTC0:60",
    "UTC0:00:60",
    "UTC-1234",
    "<+1>1",
    "<+01",
    "<+01 >1",
    "<>0",
    ":UTC0",
    "UTC0\nUTC0",
    "\xff\xff\xff-0",
    "EST5EDT",
    "EST5EDT,",
    "EST5EDT,M3.2.0",
    "EST5EDT,M3.2.0,",
    "EST5EDT,M0.2.0,M11.1.0",
    "EST5EDT,M13.2.0,M11.1.0",
    "EST5EDT,M3.0.0,M11.1.0",
    "EST5EDT,M3.6.0,M11.1.0",
    "EST5EDT,M3.2.7,M11.1.0",
    "EST5EDT,M3.2,M11.1.0",
    "EST5EDT,J0,J300",
    "EST5EDT,J366,J300",
    "EST5EDT,366,300",
    "EST5EDT,M3.2.0/168,M11.1.0",
    "EST5EDT,M3.2.0/-168,M11.1.0",
    "EST5EDT,M3.2.0/,M11.1.0",
    "EST5EDT,M3.2.0/2:,M11.1.0",
    "EST5EDT,M3.2.0,M11.1.0,",
    "EST5EDT,M3.2.0,M11.1.0 ",
    "EST5ED4,M3.2.0,M11.1.0",
    "EST5EDT4:,M3.2.0,M11.1.0",
    /* Well-formed, but a table that is not valid. */
    "LMT0:44:30",
    "XXX24",
    "EST5EDT,M3.2.0/2:00:01,M11.1.0",
    "EST5EDT,J100/0,J100/20",
    "XXX4YYY-0,M3.2.0,M11.1.0",
};

Test(tzif, footers_refused) {
    static struct fasti_zone zone;
    struct fasti_detail detail;
    for (size_t i = 0; i < sizeof footers_bad / sizeof footers_bad[0]; i++) {
        cr_expect_eq(decode_footer(footers_bad[i], &zone, &detail), FASTI_INVALID_ZONE, "%s",
                     footers_bad[i]);
        cr_expect_gt(strlen(detail.text), 20, "%s", footers_bad[i]);
    }
    /* The last change is to neither offset of the rule. */
    struct writer writer;
    const struct fasti_zone_change change = {utc_of("2007-07-01T00:00Z"), 10800};
    make_file(&writer, '2', &change, 1, 0, "CET-1CEST,M3.5.0,M10.5.0/3");
    cr_expect_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_INVALID_ZONE);
    cr_expect_not_null(strstr(detail.text, "no offset of 10800 s"), "%s", detail.text);
    make_file(&writer, '2', &change, 1, 0, "CET-1");
    cr_expect_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_INVALID_ZONE);
}

/* As zic 2022e writes America/Ojinaga: winter time from inside the rule's summer on. */
Test(tzif, a_last_change_stays_until_the_rule_changes) {
    static struct fasti_zone zone;
    struct fasti_detail detail;
    struct writer writer;
    const struct fasti_zone_change changes[] = {
        {utc_of("2022-03-13T09:00Z"), -18000},
        {utc_of("2022-10-30T08:00Z"), -21600},
    };
    make_file(&writer, '2', changes, 2, -21600, "CST6CDT,M3.2.0,M11.1.0");
    cr_assert_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_OK, "%s",
                 detail.text);
    cr_expect_eq(zone.changes[2].utc_s, changes[1].utc_s);
    cr_expect_eq(zone.changes[3].utc_s, utc_of("2023-03-12T08:00Z"));
    cr_expect_eq(zone.changes[3].offset_s, -18000);
    /* Also where it is at the very instant of a change of the rule. */
    const struct fasti_zone_change same = {utc_of("2022-11-06T07:00Z"), -18000};
    make_file(&writer, '2', &same, 1, -21600, "CST6CDT,M3.2.0,M11.1.0");
    cr_assert_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_OK, "%s",
                 detail.text);
    cr_expect_eq(zone.changes[1].offset_s, -18000);
    cr_expect_eq(zone.changes[2].utc_s, utc_of("2023-11-05T07:00Z"));
}

/* ---- damaged files --------------------------------------------------------------------------- */

/* Byte offsets are those of make_file with one change, version 2: the 64-bit header is at 65. */
Test(tzif, fields_refused) {
    const struct {
        size_t at;
        uint8_t byte;
        const char *sentence;
    } cases[] = {
        {0, 'X', "\"TZif\""},     {4, '5', "not 1 to 4"},          {32, 0xff, "ends at byte"},
        {65, 'X', "\"TZif\""},    {69, '3', "different versions"}, {88, 1, "flags"},
        {92, 1, "flags"},         {96, 1, "leap seconds"},         {97, 0xff, "ends at byte"},
        {103, 1, "types"},        {105, 0xff, "ends at byte"},     {108, 0, "no names"},
        {117, 2, "of type 2"},    {118, 0x80, "wrong offset"},     {122, 2, "wrong offset"},
        {123, 4, "wrong offset"}, {127, 17, "no offset of"},       {133, 'X', "no end"},
        {134, ' ', "line feeds"},
    };
    static struct fasti_zone zone;
    struct fasti_detail detail;
    struct writer writer;
    const struct fasti_zone_change change = {utc_of("2007-07-01T00:00Z"), 3600};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_file(&writer, '2', &change, 1, 0, "CET-1");
        cr_assert_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_OK);
        writer.bytes[cases[i].at] = cases[i].byte;
        cr_expect_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_INVALID_ZONE,
                     "byte %zu", cases[i].at);
        cr_expect_not_null(strstr(detail.text, cases[i].sentence), "byte %zu: %s", cases[i].at,
                           detail.text);
    }
}

Test(tzif, counts_refused) {
    static struct fasti_zone zone;
    struct fasti_detail detail;
    static uint8_t large[FASTI_TZIF_BYTES_MAX + 1] = "TZif";
    cr_expect_eq(fasti_zone_decode_tzif(large, sizeof large, &zone, &detail), FASTI_INVALID_ZONE);
    cr_expect_eq(fasti_zone_decode_tzif("", 0, &zone, NULL), FASTI_INVALID_ZONE);
    /* All six counts at their largest: 64-bit sums do not wrap. */
    large[4] = '2';
    memset(large + 20, 0xff, 24);
    cr_expect_eq(decode_copy(large, 2048, &zone, &detail), FASTI_INVALID_ZONE);
    cr_expect_not_null(strstr(detail.text, "ends at byte"), "%s", detail.text);
    /* No types at all. */
    struct writer writer = {0};
    put_header(&writer, '\0', 0, 0);
    put(&writer, 0, 4);
    cr_expect_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_INVALID_ZONE);
    /* Times that do not ascend, and more changes than a table has. */
    const struct fasti_zone_change twice[] = {{1000, 60}, {1000, 120}};
    make_file(&writer, '2', twice, 2, 0, "");
    cr_expect_eq(decode_copy(writer.bytes, writer.size, &zone, &detail), FASTI_INVALID_ZONE);
    cr_expect_not_null(strstr(detail.text, "not after"), "%s", detail.text);

    static struct writer many;
    uint8_t *bytes = malloc(FASTI_TZIF_BYTES_MAX);
    const uint32_t count = FASTI_ZONE_TRANSITIONS_MAX + 10;
    many = (struct writer){0};
    put_header(&many, '\0', count, 2);
    memcpy(bytes, many.bytes, many.size);
    size_t size = many.size;
    for (uint32_t i = 0; i < count; i++, size += 4) {
        const uint32_t time = (uint32_t)(946684800 + i * 3 * 86400);
        for (int k = 0; k < 4; k++)
            bytes[size + (size_t)k] = (uint8_t)(time >> (24 - 8 * k));
    }
    for (uint32_t i = 0; i < count; i++)
        bytes[size++] = i & 1;
    const uint8_t tail[16] = {0, 0, 0, 0, 0, 0, 0, 0, 14, 16, 1, 0, 'X', 'X', 'X', 0};
    memcpy(bytes + size, tail, sizeof tail);
    cr_expect_eq(decode_copy(bytes, size + sizeof tail, &zone, &detail), FASTI_INVALID_ZONE);
    cr_expect_not_null(strstr(detail.text, "more than 1024"), "%s", detail.text);
    free(bytes);
}

static struct zone_files *open_files(void) {
    struct zone_files *files = zone_files_open(ZONE_FILES_FOLDER);
    if (files->count == 0) {
        zone_files_close(files);
        cr_skip_test("no time zones in " ZONE_FILES_FOLDER);
    }
    return files;
}

Test(tzif, leap_second_files_refused) {
    struct zone_files *files = zone_files_open(ZONE_FILES_FOLDER "/right");
    if (files->count == 0) {
        zone_files_close(files);
        cr_skip_test("no zones with leap seconds in " ZONE_FILES_FOLDER "/right");
    }
    static struct fasti_zone zone;
    struct fasti_detail detail;
    for (size_t i = 0; i < files->count; i++) {
        cr_assert_eq(decode_copy(files->files[i].bytes, files->files[i].size, &zone, &detail),
                     FASTI_INVALID_ZONE, "%s", files->files[i].name);
        cr_assert_not_null(strstr(detail.text, "leap seconds"), "%s", detail.text);
    }
    zone_files_close(files);
}

/* Every length of every tenth zone, and one byte too many. */
Test(tzif, truncated_files) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    struct fasti_detail detail;
    for (size_t i = 0; i < files->count; i += 10) {
        const struct zone_file *file = &files->files[i];
        for (size_t size = 0; size < file->size; size++)
            if (decode_copy(file->bytes, size, &zone, &detail) != FASTI_INVALID_ZONE ||
                detail.text[0] == '\0')
                cr_assert_fail("%s cut to %zu bytes", file->name, size);
        uint8_t *longer = malloc(file->size + 1);
        memcpy(longer, file->bytes, file->size);
        longer[file->size] = '\n';
        cr_assert_eq(decode_copy(longer, file->size + 1, &zone, &detail), FASTI_INVALID_ZONE);
        free(longer);
    }
    zone_files_close(files);
}

/* One to four damaged bytes: refused with a sentence, or a zone that keeps every promise. */
Test(tzif, flipped_bytes) {
    struct fasti_prng prng = fasti_test_prng("flipped_bytes");
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    struct fasti_detail detail;
    uint32_t refused = 0;
    uint32_t kept = 0;
    for (int i = 0; i < 20000; i++) {
        struct zone_file *file = &files->files[fasti_prng_below(&prng, files->count)];
        uint8_t *bytes = malloc(file->size);
        memcpy(bytes, file->bytes, file->size);
        for (uint64_t k = fasti_prng_below(&prng, 4) + 1; k > 0; k--)
            bytes[fasti_prng_below(&prng, file->size)] ^=
                (uint8_t)(1 + fasti_prng_below(&prng, 255));
        if (fasti_zone_decode_tzif(bytes, file->size, &zone, &detail) == FASTI_OK) {
            zone_invariants_verify(&zone, (uint64_t)i, 4);
            kept++;
        } else {
            cr_assert_gt(strlen(detail.text), 10);
            refused++;
        }
        free(bytes);
    }
    printf("%u refused, %u still zones\n", refused, kept);
    cr_assert(refused > 1000 && kept > 1000, "the test must reach both");
    zone_files_close(files);
}
