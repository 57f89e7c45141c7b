/*
 * fasti_ical_zone.c - what a TZID means: a name of the zone database, a Windows name, a VTIMEZONE.
 *
 * Names first: a file's own definition often tells of some years only, and the database knows what
 * governments have changed since. A VTIMEZONE becomes a table like any other zone's, with the same
 * policy for times that do not exist or happen twice (engine/time/zone.h).
 * Windows names are those of Unicode's CLDR, by ICU.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/putil.h>
#include <unicode/ucal.h>

#include "tools/fasti_ical_parts.h"

#define TZID_BYTES_MAX 255

uint32_t fasti_ical_zone_named(struct fasti_ical_reader *reader, const char *name, uint32_t line) {
    for (uint32_t i = 0; i < reader->zone_count; i++)
        if (strcmp(fasti_ical_text(reader, reader->zones[i].text), name) == 0)
            return i;
    if (strlen(name) > TZID_BYTES_MAX || !fasti_text_is_plain(name, strlen(name))) {
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, line,
                          "TZID is not plain text of at most %d bytes", TZID_BYTES_MAX);
        return FASTI_ICAL_NONE;
    }
    if (reader->zone_count == FASTI_ICAL_ZONES_MAX) {
        fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, line, "more than %d TZIDs",
                          FASTI_ICAL_ZONES_MAX);
        return FASTI_ICAL_NONE;
    }
    const uint32_t text = fasti_ical_keep(reader, name, strlen(name));
    if (text == 0)
        return FASTI_ICAL_NONE;
    reader->zones[reader->zone_count] = (struct fasti_ical_zone_use){text, line, NULL};
    return reader->zone_count++;
}

/* ---- names ---- */

static bool load(struct fasti_ical_reader *reader, const char *name, struct fasti_zone *zone) {
    struct fasti_id_text id;
    const struct fasti_zone *found;
    struct fasti_detail detail;
    if (!fasti_zone_name_is_valid(name, strlen(name)) ||
        fasti_id_text_set(&id, name, strlen(name)) != FASTI_OK ||
        fasti_zoneinfo_load(reader->options->zoneinfo, &id, &found, &detail) != FASTI_OK)
        return false;
    *zone = *found;
    return true;
}

/* "/freeassociation.sourceforge.net/Europe/Berlin", "/mozilla.org/20050126_1/America/Indiana/Knox":
 * the longest end that is a name. */
static bool load_end(struct fasti_ical_reader *reader, const char *name, struct fasti_zone *zone) {
    if (name[0] != '/')
        return false;
    for (const char *at = name; at != NULL; at = strchr(at + 1, '/'))
        if (strchr(at + 1, '/') != NULL && load(reader, at + 1, zone))
            return true;
    return false;
}

static bool load_windows(struct fasti_ical_reader *reader, const char *name,
                         struct fasti_zone *zone) {
    UChar windows[TZID_BYTES_MAX + 1], iana[FASTI_ZONE_NAME_BYTES_MAX + 1];
    char found[FASTI_ZONE_NAME_BYTES_MAX + 1];
    const size_t size = strlen(name);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)name[i] >= 0x80)
            return false;
    u_charsToUChars(name, windows, (int32_t)size);
    UErrorCode status = U_ZERO_ERROR;
    const int32_t length = ucal_getTimeZoneIDForWindowsID(windows, (int32_t)size, NULL, iana,
                                                          FASTI_ZONE_NAME_BYTES_MAX, &status);
    if (U_FAILURE(status) || length <= 0)
        return false;
    u_UCharsToChars(iana, found, length);
    found[length] = '\0';
    return load(reader, found, zone);
}

/* ---- definitions ---- */

struct changes {
    uint32_t count, room;
    struct fasti_zone_change *changes;
};

static int compare_changes(const void *a, const void *b) {
    const struct fasti_zone_change *x = a, *y = b;
    return (x->utc_s > y->utc_s) - (x->utc_s < y->utc_s);
}

/* The changes to one observance, at their instants; *earliest_from: the offset before the first. */
static bool add_observance(struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                           struct changes *changes) {
    struct fasti_ical_walls walls = {0};
    fasti_ical_observance(reader, item, FASTI_ZONE_END_UTC_S, &walls);
    bool fits = true;
    for (uint32_t i = 0; i < walls.count && fits; i++) {
        void *grown = changes->changes;
        fits = fasti_ical_grow(reader, &grown, &changes->room, changes->count,
                               sizeof *changes->changes);
        changes->changes = grown;
        if (fits)
            changes->changes[changes->count++] =
                (struct fasti_zone_change){walls.walls[i] - item->offset_from_s, item->offset_to_s};
    }
    free(walls.walls);
    return fits;
}

/* Ascending changes into a table: the last one before it is its beginning. */
static bool make_table(const struct changes *changes, int32_t first_offset_s,
                       struct fasti_zone *zone) {
    memset(zone, 0, sizeof *zone);
    zone->changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, first_offset_s};
    zone->change_count = 1;
    for (uint32_t i = 0; i < changes->count; i++) {
        const struct fasti_zone_change *change = &changes->changes[i];
        struct fasti_zone_change *last = &zone->changes[zone->change_count - 1];
        if (change->utc_s <= FASTI_ZONE_FIRST_UTC_S)
            last->offset_s = change->offset_s;
        else if (change->utc_s < FASTI_ZONE_END_UTC_S && change->offset_s != last->offset_s) {
            if (zone->change_count == FASTI_ZONE_TRANSITIONS_MAX)
                return false;
            zone->changes[zone->change_count++] = *change;
        }
    }
    return fasti_zone_check(zone) == FASTI_OK;
}

static bool define(struct fasti_ical_reader *reader, uint32_t definition, struct fasti_zone *zone) {
    struct changes changes = {0};
    int64_t earliest = INT64_MAX;
    int32_t first_offset_s = 0;
    bool fits = true;
    for (uint32_t i = definition + 1; i < reader->item_count && fits; i++) {
        const struct fasti_ical_item *item = &reader->items[i];
        if (item->parent != definition)
            break;
        const uint32_t before = changes.count;
        fits = item->has_start && add_observance(reader, item, &changes);
        for (uint32_t c = before; c < changes.count; c++)
            if (changes.changes[c].utc_s < earliest) {
                earliest = changes.changes[c].utc_s;
                first_offset_s = item->offset_from_s;
            }
    }
    if (changes.count > 0)
        qsort(changes.changes, changes.count, sizeof *changes.changes, compare_changes);
    const bool is_whole = fits && changes.count > 0 && make_table(&changes, first_offset_s, zone);
    free(changes.changes);
    return is_whole;
}

static uint32_t find_definition(const struct fasti_ical_reader *reader, const char *name) {
    for (uint32_t i = 0; i < reader->item_count; i++)
        if (reader->items[i].kind == FASTI_ICAL_TIMEZONE &&
            strcmp(fasti_ical_text(reader, reader->items[i].tzid), name) == 0)
            return i;
    return FASTI_ICAL_NONE;
}

static void resolve(struct fasti_ical_reader *reader, struct fasti_ical_zone_use *use) {
    const char *name = fasti_ical_text(reader, use->text);
    use->zone = malloc(sizeof *use->zone);
    if (use->zone == NULL) {
        fasti_ical_refuse(reader, FASTI_LIMIT_MEMORY, 0, "no memory for a time zone");
        return;
    }
    if (load(reader, name, use->zone) || load_end(reader, name, use->zone) ||
        load_windows(reader, name, use->zone))
        return;
    const uint32_t definition = find_definition(reader, name);
    if (definition == FASTI_ICAL_NONE) {
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, use->line,
                          "the time zone \"%.80s\" is neither a name of the zone database nor one "
                          "of Windows, and the file does not define it (VTIMEZONE)",
                          name);
        return;
    }
    const char *location = fasti_ical_text(reader, reader->items[definition].location);
    if (load(reader, location, use->zone) || define(reader, definition, use->zone))
        return;
    fasti_ical_refuse(
        reader, FASTI_INVALID_FILE, reader->items[definition].line,
        "this VTIMEZONE cannot be read: changes must lie two days apart, with offsets "
        "of whole minutes, each with DTSTART, TZOFFSETFROM and TZOFFSETTO");
}

void fasti_ical_zones_resolve(struct fasti_ical_reader *reader) {
    for (uint32_t i = 0; i < reader->zone_count; i++)
        resolve(reader, &reader->zones[i]);
}

void fasti_ical_zones_free(struct fasti_ical_reader *reader) {
    for (uint32_t i = 0; i < reader->zone_count; i++)
        free(reader->zones[i].zone);
}

/* ---- times ---- */

const struct fasti_zone *fasti_ical_zone_of(const struct fasti_ical_reader *reader,
                                            const struct fasti_ical_item *item,
                                            const struct fasti_ical_time *time) {
    if (time->is_utc)
        return NULL;
    if (time->is_date)
        return reader->options->zone;
    if (time->tzid != FASTI_ICAL_NONE)
        return reader->zones[time->tzid].zone;
    const uint32_t wr_zone = reader->calendars[item->calendar].wr_zone;
    return wr_zone == FASTI_ICAL_NONE ? reader->options->zone : reader->zones[wr_zone].zone;
}

int64_t fasti_ical_utc(const struct fasti_zone *zone, int64_t wall_s) {
    if (zone == NULL)
        return wall_s;
    const fasti_date date = fasti_date_of_utc(wall_s);
    const int32_t second = (int32_t)(wall_s - date.v * FASTI_DAY_SECONDS);
    return fasti_zone_utc(zone, date, second / 60, NULL) + second % 60;
}

int64_t fasti_ical_wall(const struct fasti_zone *zone, int64_t utc_s) {
    return zone == NULL ? utc_s : utc_s + fasti_zone_offset_at(zone, utc_s);
}
