/*
 * test_ical_files.c - the recorded calendars: which are read and with how many instances, which are
 * refused and why. tools/ICALENDAR.md has the same table with the reasons.
 *
 * Each is read for 2000 to 2009, 2010 to 2019 and 2020 to 2029, and the numbers are added up; the
 * place is in Europe/Berlin, for the VAVAILABILITY samples in America/Montreal.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/ical.h"

/* instances, of them busy, openings; or what the refusal says. */
static const struct expected {
    const char *name;
    uint32_t instances, busy, openings;
    const char *refusal;
} expected[] = {
#define READ(name, instances, busy) {name, instances, busy, 0, NULL},
#define OPEN(name, openings)        {name, 0, 0, openings, NULL},
#define REFUSED(name, text)         {name, 0, 0, 0, text},
    /* clang-format off */
    READ("Germany.ics", 161, 161)
    READ("Germany_Holidays.ics", 34, 0)
    READ("after_many_events_in_order.ics", 7, 5)
    REFUSED("bad_rrule_missing_until_event.ics", "line 9: RRULE: UNTL=20191023 is not supported")
    READ("daylight_saving_time.ics", 3704, 3702)
    READ("discourse_no_dtend.ics", 4, 3)
    READ("duplicated_rrule.ics", 20, 20)
    READ("duration.ics", 3, 2)
    READ("duration_edited.ics", 3, 3)
    READ("each_week_but_one_deleted.ics", 7, 7)
    READ("each_week_but_two_deleted.ics", 6, 6)
    READ("end_before_start_event.ics", 1, 1)
    READ("event_10_times.ics", 10, 10)
    READ("fablab_cottbus.ics", 171, 171)
    READ("issue_107_omitting_last_event.ics", 23, 23)
    READ("issue_113_period_in_rdate.ics", 9, 9)
    READ("issue_113_period_rdate_duration.ics", 2, 2)
    READ("issue_117_until_before_dtstart.ics", 0, 0)
    READ("issue_128_only_first_event.ics", 7, 0)
    READ("issue_132_swapped_start_and_end.ics", 1, 1)
    READ("issue_148_edge_case_1.ics", 2, 2)
    READ("issue_148_edge_case_2.ics", 3, 3)
    READ("issue_148_exdate_and_rdate_unedited.ics", 3, 3)
    READ("issue_148_exdate_and_rdate_updated.ics", 3, 3)
    READ("issue_148_ignored_exdate.ics", 2, 2)
    READ("issue_151_macos_linux_difference.ics", 15, 15)
    READ("issue_151_macos_linux_difference2.ics", 15, 15)
    READ("issue_15_duplicated_events.ics", 3, 3)
    READ("issue_163_deleted_modification.ics", 94, 94)
    READ("issue_164_duplicated_event.ics", 101, 101)
    READ("issue_173_only_modifications_error.ics", 2377, 1903)
    READ("issue_179_example.ics", 30, 0)
    READ("issue_186_invalid_trigger.ics", 1, 1)
    READ("issue_18_cancel_status.ics", 2, 2)
    READ("issue_201_mixed_datetime_and_date.ics", 1, 0)
    READ("issue_201_test_matrix.ics", 15, 15)
    READ("issue_20_exdate_ignored.ics", 7, 7)
    READ("issue_223_one_event_with_sequence.ics", 2, 2)
    READ("issue_223_thunderbird.ics", 5, 5)
    READ("issue_243_recurrence_id_is_not_identical_to_dtstart.ics", 5236, 5236)
    READ("issue_253_additional_recurrence_id.ics", 2, 2)
    READ("issue_253_edge_case_1.ics", 2, 2)
    READ("issue_253_recurrence_id_included.ics", 2, 2)
    READ("issue_27_t1.ics", 2, 2)
    READ("issue_27_t2.ics", 2, 2)
    READ("issue_28_rrule_with_UTC_endinginZ.ics", 26, 0)
    READ("issue_36_recurrence_ID_format.ics", 973, 973)
    READ("issue_4.ics", 566, 566)
    READ("issue_44_double_event.ics", 1, 0)
    READ("issue_48_daylight_aware_repeats.ics", 485, 485)
    READ("issue_48_dst.ics", 6706, 6706)
    READ("issue_4_rrule_until.ics", 12, 12)
    READ("issue_4_weidenrinde.ics", 2, 2)
    READ("issue_61_time_zone_error.ics", 1, 0)
    READ("issue_62_moved_event.ics", 98, 0)
    READ("issue_62_moved_event_2.ics", 6, 3)
    READ("issue_75_range_parameter.ics", 194, 194)
    READ("issue_86_x_wr_timezone_without_time_zone_in_dt.ics", 1, 1)
    READ("issue_97_simple_journal.ics", 0, 0)
    READ("issue_97_simple_todo.ics", 0, 0)
    READ("issue_97_todo_nodtstart.ics", 0, 0)
    READ("machbar_16_feb_2019.ics", 3704, 3702)
    READ("multiple_rrule.ics", 22, 22)
    READ("no_events.ics", 0, 0)
    READ("one_day_event.ics", 1, 1)
    READ("one_day_event_repeat_every_day.ics", 3958, 3958)
    READ("one_event.ics", 1, 1)
    READ("one_event_repeat_every_3_days.ics", 1319, 1319)
    READ("rdate.ics", 1189, 1189)
    READ("rdate2.ics", 594, 594)
    READ("rdate_falls_on_rrule_until.ics", 8, 8)
    READ("rdate_hackerpublicradio.ics", 12, 12)
    READ("recurrence_sequence_number.ics", 487, 487)
    READ("recurring_events_changed_duration.ics", 7, 6)
    READ("recurring_events_moved.ics", 7, 7)
    OPEN("rfc_7953_1.ics", 3)
    OPEN("rfc_7953_2.ics", 4)
    OPEN("rfc_7953_3.ics", 10)
    READ("same_event_recurring_at_same_time.ics", 6, 6)
    READ("several_events_at_the_same_time.ics", 10, 10)
    READ("subcomponents.ics", 1, 1)
    READ("three_events.ics", 3, 3)
    READ("three_events_one_edited.ics", 3, 3)
    READ("x_wr_timezone_simple_events_issue_59.ics", 2, 2)
    READ("zero_size_event.ics", 1, 0)
    /* clang-format on */
};

struct sums {
    uint32_t instances, busy, openings;
};

static void shared_path(char path[512], const char *name) {
    const char *shared = getenv("FASTI_SHARED");
    snprintf(path, 512, "%s/fixtures/ics/%s",
             shared != NULL ? shared : FASTI_SOURCE_DIR "/../shared", name);
}

static enum fasti_status read_decades(const struct ical_place *place, const char *name,
                                      struct sums *sums, struct fasti_detail *detail) {
    enum fasti_status status = FASTI_OK;
    char path[512];
    shared_path(path, name);
    *sums = (struct sums){0};
    for (int32_t year = 2000; year < 2030 && status == FASTI_OK; year += 10) {
        const struct fasti_ical_options options = {place->zoneinfo, &place->zone,
                                                   ical_new_year(year), ical_new_year(year + 10)};
        struct fasti_ical *result;
        status = fasti_ical_read_file(path, &options, &result, detail);
        if (result != NULL) {
            sums->instances += result->counts.instances;
            sums->busy += result->busy_count;
            sums->openings += result->opening_count;
        }
        fasti_ical_destroy(result);
    }
    return status;
}

static void check(const struct ical_place *place, const struct expected *file) {
    struct fasti_detail detail = {""};
    struct sums sums;
    const enum fasti_status status = read_decades(place, file->name, &sums, &detail);
    if (getenv("FASTI_SHOW") != NULL)
        printf("%s: %u %u %u %s\n", file->name, sums.instances, sums.busy, sums.openings,
               detail.text);
    if (file->refusal != NULL) {
        cr_expect_eq(status, FASTI_INVALID_FILE, "%s", file->name);
        cr_expect(strstr(detail.text, file->refusal) != NULL, "%s: %s", file->name, detail.text);
        return;
    }
    cr_expect_eq(status, FASTI_OK, "%s: %s", file->name, detail.text);
    cr_expect_eq(sums.instances, file->instances, "%s: %u", file->name, sums.instances);
    cr_expect_eq(sums.busy, file->busy, "%s: %u busy", file->name, sums.busy);
    cr_expect_eq(sums.openings, file->openings, "%s: %u openings", file->name, sums.openings);
}

static uint32_t count_files(const char *path) {
    DIR *directory = opendir(path);
    uint32_t count = 0;
    if (directory == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strstr(entry->d_name, ".ics") != NULL;
    closedir(directory);
    return count;
}

Test(ical_files, each_recorded_calendar_is_read_or_refused_as_the_table_says) {
    static struct ical_place berlin, montreal;
    char path[512];
    shared_path(path, "");
    const uint32_t count = count_files(path);
    if (count == 0)
        cr_skip_test("%s is absent", path);
    cr_expect_eq(count, sizeof expected / sizeof *expected, "%u files", count);
    ical_place_open(&berlin, "Europe/Berlin");
    ical_place_open(&montreal, "America/Montreal");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        check(strncmp(expected[i].name, "rfc_", 4) == 0 ? &montreal : &berlin, &expected[i]);
    ical_place_close(&berlin);
    ical_place_close(&montreal);
}
