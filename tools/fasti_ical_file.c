/*
 * fasti_ical_file.c - the lines of a file: unfolded, BEGIN and END matched, properties into items.
 *
 * libical knows no line numbers, mends broken nesting without a word and keeps every text, so the
 * frame is read here: which component a line is in, and whether its property is one of the few that
 * mean something. Only those lines are unfolded; values of times go to the library, one line each
 * (fasti_ical_line.c). All else, names and summaries among it, is passed over unread.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fasti_ical_parts.h"

#define DEPTH_MAX 16

struct open_component {
    enum fasti_ical_kind kind;
    uint32_t item; /* NONE for what is skipped, and calendars */
    uint32_t line;
    char name[24];
};

struct file {
    struct fasti_ical_reader *reader;
    const char *at, *end;
    uint32_t line; /* of the line that is looked at */
    uint32_t depth;
    struct open_component open[DEPTH_MAX];
    uint32_t calendar; /* the one that is open, or the last one */
    bool was_read;     /* the property before: what follows may be more of it */
    char *unfolded;    /* FASTI_ICAL_LINE_BYTES_MAX + 1 */
};

/* ---- texts of a property ---- */

/* Behind the colon that ends the parameters; NULL where there is none. */
static const char *value_of(const char *line) {
    bool is_quoted = false;
    for (; *line != '\0'; line++) {
        if (*line == '"')
            is_quoted = !is_quoted;
        if (*line == ':' && !is_quoted)
            return line + 1;
    }
    return NULL;
}

static bool word_is(const char *value, const char *word) {
    const size_t size = strlen(word);
    if (strncasecmp(value, word, size) != 0)
        return false;
    value += size;
    while (*value == ' ')
        value++;
    return *value == '\0';
}

/* ---- what each property does ---- */

#define IN(kind) (UINT32_C(1) << FASTI_ICAL_##kind)
#define TIMED    (IN(EVENT) | IN(AVAILABLE) | IN(AVAILABILITY) | IN(STANDARD) | IN(DAYLIGHT))
#define SERIES   (IN(EVENT) | IN(AVAILABLE) | IN(STANDARD) | IN(DAYLIGHT))

/* Only the first DTSTART, DTEND ... of an item counts: a second one is refused. */
static bool is_first(struct fasti_ical_reader *reader, bool *has,
                     const struct fasti_ical_line *line) {
    if (*has) {
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, line->number,
                          "%.*s stands twice in its component", (int)strcspn(line->text, ";:"),
                          line->text);
        return false;
    }
    *has = true;
    return true;
}

static void take_start(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                       const struct fasti_ical_line *line, const struct fasti_ical_value *value) {
    if (!is_first(reader, &item->has_start, line))
        return;
    item->start = value->time;
    item->start_line = line->number;
}

static void take_end(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                     const struct fasti_ical_line *line, const struct fasti_ical_value *value) {
    if (!is_first(reader, &item->has_end, line))
        return;
    item->end = value->time;
    item->end_line = line->number;
}

static void take_duration(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                          const struct fasti_ical_line *line,
                          const struct fasti_ical_value *value) {
    if (is_first(reader, &item->has_duration, line))
        item->duration = value->duration;
}

static void take_recurrence(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                            const struct fasti_ical_line *line,
                            const struct fasti_ical_value *value) {
    if (!is_first(reader, &item->has_recurrence, line))
        return;
    item->recurrence = value->time;
    item->recurrence_line = line->number;
    item->is_range = line->is_range;
}

static void add_date(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                     enum fasti_ical_date_kind kind, uint32_t line,
                     const struct fasti_ical_value *value) {
    if (reader->date_count == FASTI_ICAL_DATES_MAX) {
        fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, line,
                          "more than %d dates in RDATE, EXDATE and FREEBUSY", FASTI_ICAL_DATES_MAX);
        return;
    }
    void *dates = reader->dates;
    if (!fasti_ical_grow(reader, &dates, &reader->date_room, reader->date_count,
                         sizeof *reader->dates))
        return;
    reader->dates = dates;
    const uint32_t index = reader->date_count++;
    reader->dates[index] = (struct fasti_ical_date){kind, line, FASTI_ICAL_NONE, *value};
    if (item->last_date == FASTI_ICAL_NONE)
        item->first_date = index;
    else
        reader->dates[item->last_date].next = index;
    item->last_date = index;
}

static void take_rdate(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                       const struct fasti_ical_line *line, const struct fasti_ical_value *value) {
    add_date(reader, item, FASTI_ICAL_RDATE, line->number, value);
}

static void take_exdate(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                        const struct fasti_ical_line *line, const struct fasti_ical_value *value) {
    add_date(reader, item, FASTI_ICAL_EXDATE, line->number, value);
}

static void take_free_busy(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                           const struct fasti_ical_line *line,
                           const struct fasti_ical_value *value) {
    if (!line->is_free_time)
        add_date(reader, item, FASTI_ICAL_FREEBUSY, line->number, value);
}

static void take_offset_from(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                             const struct fasti_ical_line *line,
                             const struct fasti_ical_value *value) {
    (void)reader;
    (void)line;
    item->offset_from_s = value->offset_s;
}

static void take_offset_to(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                           const struct fasti_ical_line *line,
                           const struct fasti_ical_value *value) {
    (void)reader;
    (void)line;
    item->offset_to_s = value->offset_s;
}

/* Values of times, by the library. */
static const struct {
    const char *name;
    uint32_t kinds;
    fasti_ical_take *take;
} timed_properties[] = {
    {"DTSTART", TIMED, take_start},
    {"DTEND", IN(EVENT) | IN(AVAILABLE) | IN(AVAILABILITY), take_end},
    {"DURATION", IN(EVENT) | IN(AVAILABLE) | IN(AVAILABILITY), take_duration},
    {"RECURRENCE-ID", IN(EVENT) | IN(AVAILABLE), take_recurrence},
    {"RDATE", SERIES, take_rdate},
    {"EXDATE", SERIES, take_exdate},
    {"FREEBUSY", IN(FREE_BUSY), take_free_busy},
    {"TZOFFSETFROM", IN(STANDARD) | IN(DAYLIGHT), take_offset_from},
    {"TZOFFSETTO", IN(STANDARD) | IN(DAYLIGHT), take_offset_to},
};

static void add_rule(struct file *file, struct fasti_ical_item *item, const char *value) {
    struct fasti_ical_reader *reader = file->reader;
    void *rules = reader->rules;
    if (value[strspn(value, " ")] == '\0')
        return; /* "RRULE:" of programs that have none to write */
    if (!fasti_ical_grow(reader, &rules, &reader->rule_room, reader->rule_count,
                         sizeof *reader->rules))
        return;
    reader->rules = rules;
    const uint32_t index = reader->rule_count++;
    reader->rules[index] = (struct fasti_ical_rule_text){
        file->line, FASTI_ICAL_NONE, fasti_ical_keep(reader, value, strlen(value)),
        (uint32_t)strlen(value)};
    if (item->last_rule == FASTI_ICAL_NONE)
        item->first_rule = index;
    else
        reader->rules[item->last_rule].next = index;
    item->last_rule = index;
}

static void keep_uid(struct file *file, struct fasti_ical_item *item, const char *value) {
    const size_t size = strlen(value);
    if (size > FASTI_ICAL_UID_BYTES_MAX || !fasti_text_is_plain(value, size))
        fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line,
                          "UID is not plain text of at most %d bytes", FASTI_ICAL_UID_BYTES_MAX);
    else if (item->uid == 0)
        item->uid = fasti_ical_keep(file->reader, value, size);
}

static void read_number(struct file *file, const char *name, const char *value, int64_t most,
                        int64_t *number) {
    char *end;
    const long long read = strtoll(value, &end, 10);
    while (*end == ' ')
        end++;
    if (end == value || *end != '\0' || read < 0 || read > most)
        fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line,
                          "%s is not a number from 0 to %lld", name, (long long)most);
    else
        *number = read;
}

/* Words and numbers that decide what a component is; false: the name is none of these. */
static bool read_word(struct file *file, struct fasti_ical_item *item, const char *name,
                      const char *value) {
    const bool is_event = item->kind == FASTI_ICAL_EVENT;
    if (strcasecmp(name, "UID") == 0)
        keep_uid(file, item, value);
    else if (strcasecmp(name, "SEQUENCE") == 0)
        read_number(file, "SEQUENCE", value, INT32_MAX, &item->sequence);
    else if (strcasecmp(name, "STATUS") == 0)
        item->is_cancelled = item->is_cancelled || word_is(value, "CANCELLED");
    else if (strcasecmp(name, "TRANSP") == 0 && is_event)
        item->is_transparent = item->is_transparent || word_is(value, "TRANSPARENT");
    else if (strcasecmp(name, "X-MICROSOFT-CDO-BUSYSTATUS") == 0 && is_event)
        item->is_transparent = item->is_transparent || word_is(value, "FREE");
    else if (strcasecmp(name, "RRULE") == 0 &&
             (IN(EVENT) | IN(AVAILABLE) | IN(STANDARD) | IN(DAYLIGHT)) >> item->kind & 1)
        add_rule(file, item, value);
    else if (strcasecmp(name, "EXRULE") == 0)
        fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line,
                          "EXRULE is not supported (RFC 5545 has none any more): write the dates "
                          "as EXDATE");
    else if (strcasecmp(name, "PRIORITY") == 0 && item->kind == FASTI_ICAL_AVAILABILITY) {
        int64_t priority = 0;
        read_number(file, "PRIORITY", value, 9, &priority);
        item->priority = (uint8_t)priority;
    } else if (strcasecmp(name, "TZID") == 0 && item->kind == FASTI_ICAL_TIMEZONE)
        item->tzid = fasti_ical_keep(file->reader, value, strlen(value));
    else if (strcasecmp(name, "X-LIC-LOCATION") == 0 && item->kind == FASTI_ICAL_TIMEZONE)
        item->location = fasti_ical_keep(file->reader, value, strlen(value));
    else
        return false;
    return true;
}

/* Messages about one appointment are no calendars: what they do to one is not in them. */
static void read_calendar_property(struct file *file, const char *name, const char *value) {
    struct fasti_ical_reader *reader = file->reader;
    if (strcasecmp(name, "METHOD") == 0 && !word_is(value, "PUBLISH") && !word_is(value, "REQUEST"))
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, file->line,
                          "METHOD:%.20s is a message about an appointment, not a calendar: export "
                          "the calendar that it changes",
                          value);
    if (strcasecmp(name, "X-WR-TIMEZONE") == 0 && value[0] != '\0')
        reader->calendars[file->calendar].wr_zone =
            fasti_ical_zone_named(reader, value, file->line);
    if (strcasecmp(name, "CALSCALE") == 0 && !word_is(value, "GREGORIAN"))
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, file->line,
                          "CALSCALE:%.20s is not supported: GREGORIAN is", value);
}

/* ---- components ---- */

static enum fasti_ical_kind kind_of(const char *name, enum fasti_ical_kind parent, bool is_top) {
    static const struct {
        const char *name;
        enum fasti_ical_kind kind, parent;
    } kinds[] = {
        {"VEVENT", FASTI_ICAL_EVENT, FASTI_ICAL_CALENDAR},
        {"VFREEBUSY", FASTI_ICAL_FREE_BUSY, FASTI_ICAL_CALENDAR},
        {"VAVAILABILITY", FASTI_ICAL_AVAILABILITY, FASTI_ICAL_CALENDAR},
        {"VTIMEZONE", FASTI_ICAL_TIMEZONE, FASTI_ICAL_CALENDAR},
        {"AVAILABLE", FASTI_ICAL_AVAILABLE, FASTI_ICAL_AVAILABILITY},
        {"STANDARD", FASTI_ICAL_STANDARD, FASTI_ICAL_TIMEZONE},
        {"DAYLIGHT", FASTI_ICAL_DAYLIGHT, FASTI_ICAL_TIMEZONE},
    };
    if (is_top && strcasecmp(name, "VCALENDAR") == 0)
        return FASTI_ICAL_CALENDAR;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(name, kinds[i].name) == 0 &&
            (parent == kinds[i].parent || (is_top && kinds[i].parent == FASTI_ICAL_CALENDAR)))
            return kinds[i].kind;
    return FASTI_ICAL_SKIPPED;
}

static void count_component(struct fasti_ical_reader *reader, enum fasti_ical_kind kind) {
    struct fasti_ical_counts *counts = &reader->result->counts;
    counts->skipped += kind == FASTI_ICAL_SKIPPED;
    counts->events += kind == FASTI_ICAL_EVENT;
    counts->freebusy += kind == FASTI_ICAL_FREE_BUSY;
    counts->available += kind == FASTI_ICAL_AVAILABLE;
}

static void begin_calendar(struct file *file) {
    struct fasti_ical_reader *reader = file->reader;
    void *calendars = reader->calendars;
    if (!fasti_ical_grow(reader, &calendars, &reader->calendar_room, reader->calendar_count,
                         sizeof *reader->calendars))
        return;
    reader->calendars = calendars;
    file->calendar = reader->calendar_count;
    reader->calendars[reader->calendar_count++].wr_zone = FASTI_ICAL_NONE;
}

static uint32_t begin_item(struct file *file, enum fasti_ical_kind kind, uint32_t parent) {
    struct fasti_ical_reader *reader = file->reader;
    if (reader->item_count == FASTI_ICAL_COMPONENTS_MAX) {
        fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, file->line, "more than %d components",
                          FASTI_ICAL_COMPONENTS_MAX);
        return FASTI_ICAL_NONE;
    }
    void *items = reader->items;
    if (!fasti_ical_grow(reader, &items, &reader->item_room, reader->item_count,
                         sizeof *reader->items))
        return FASTI_ICAL_NONE;
    reader->items = items;
    reader->items[reader->item_count] = (struct fasti_ical_item){.kind = kind,
                                                                 .line = file->line,
                                                                 .parent = parent,
                                                                 .calendar = file->calendar,
                                                                 .first_date = FASTI_ICAL_NONE,
                                                                 .last_date = FASTI_ICAL_NONE,
                                                                 .first_rule = FASTI_ICAL_NONE,
                                                                 .last_rule = FASTI_ICAL_NONE};
    return reader->item_count++;
}

static bool begin(struct file *file, const char *name) {
    struct fasti_ical_reader *reader = file->reader;
    if (file->depth == DEPTH_MAX) {
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, file->line,
                          "components lie more than %d deep in each other", DEPTH_MAX);
        return false;
    }
    const struct open_component *parent = file->depth == 0 ? NULL : &file->open[file->depth - 1];
    struct open_component *open = &file->open[file->depth];
    *open = (struct open_component){.item = FASTI_ICAL_NONE, .line = file->line};
    open->kind = kind_of(name, parent == NULL ? FASTI_ICAL_SKIPPED : parent->kind, parent == NULL);
    memcpy(open->name, name, strnlen(name, sizeof open->name - 1));
    file->depth++;
    /* Inside of what is skipped, parts are not counted for themselves. */
    if (parent == NULL || parent->kind != FASTI_ICAL_SKIPPED)
        count_component(reader, open->kind);
    if (open->kind == FASTI_ICAL_CALENDAR)
        begin_calendar(file);
    else if (open->kind != FASTI_ICAL_SKIPPED)
        open->item = begin_item(file, open->kind, parent == NULL ? FASTI_ICAL_NONE : parent->item);
    return reader->status != FASTI_LIMIT_RECORDS && reader->status != FASTI_LIMIT_MEMORY;
}

/* An END of another name ends what is skipped, for its parts mean nothing here; else it is wrong.
 */
static bool end(struct file *file, const char *name) {
    if (file->depth == 0) {
        fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line, "END:%.24s without a BEGIN",
                          name);
        return false;
    }
    const struct open_component *open = &file->open[--file->depth];
    if (open->kind == FASTI_ICAL_SKIPPED || word_is(name, open->name))
        return true;
    fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line,
                      "END:%.24s where BEGIN:%s of line %u is open", name, open->name, open->line);
    return false;
}

/* ---- lines ---- */

/* The line's own bytes, without its end; moves on. *number counts from 1. */
static bool next_line(struct file *file, const char **line, size_t *size) {
    if (file->at == file->end)
        return false;
    const char *end = memchr(file->at, '\n', (size_t)(file->end - file->at));
    const char *next = end == NULL ? file->end : end + 1;
    *line = file->at;
    *size = (size_t)((end == NULL ? file->end : end) - file->at);
    while (*size > 0 && (*line)[*size - 1] == '\r')
        (*size)--;
    file->at = next;
    file->line++;
    return true;
}

static bool is_folded(const struct file *file) {
    return file->at < file->end && (*file->at == ' ' || *file->at == '\t');
}

/* Letters, digits and hyphens at its beginning. */
static size_t name_size(const char *line, size_t size) {
    size_t length = 0;
    for (; length < size; length++) {
        const char c = line[length], letter = (char)(c | 32);
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            break;
    }
    return length;
}

/* The same where parameters or a value follow; else 0. */
static size_t property_name_size(const char *line, size_t size) {
    const size_t length = name_size(line, size);
    return length < size && (line[length] == ':' || line[length] == ';') ? length : 0;
}

/* Joins the lines that go on with a blank; false: too long, which is refused. The lines' number
 * stays that of the first one until the next line is looked at. */
static bool unfold(struct file *file, const char *line, size_t size, uint32_t *folded) {
    size_t used = 0;
    *folded = 0;
    for (;;) {
        if (used + size > FASTI_ICAL_LINE_BYTES_MAX) {
            fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line - *folded,
                              "the line is longer than %d bytes", FASTI_ICAL_LINE_BYTES_MAX);
            return false;
        }
        memcpy(file->unfolded + used, line, size);
        used += size;
        if (!is_folded(file) || !next_line(file, &line, &size))
            break;
        (*folded)++;
        line++;
        size -= size > 0;
    }
    file->unfolded[used] = '\0';
    return true;
}

/* A property of the component that is open. */
static void read_property(struct file *file, const char *name, const char *value) {
    struct fasti_ical_reader *reader = file->reader;
    const struct open_component *open = &file->open[file->depth - 1];
    if (open->kind == FASTI_ICAL_CALENDAR) {
        read_calendar_property(file, name, value);
        return;
    }
    if (open->item == FASTI_ICAL_NONE)
        return;
    struct fasti_ical_item *item = &reader->items[open->item];
    if (read_word(file, item, name, value))
        return;
    for (size_t i = 0; i < sizeof timed_properties / sizeof *timed_properties; i++)
        if (strcasecmp(name, timed_properties[i].name) == 0 &&
            (timed_properties[i].kinds >> open->kind & 1) != 0) {
            struct fasti_ical_line line = {.number = file->line, .text = file->unfolded};
            fasti_ical_line_values(reader, item, &line, timed_properties[i].take);
            return;
        }
}

static bool is_wanted(const char *name, size_t size) {
    static const char *const words[] = {"UID",
                                        "SEQUENCE",
                                        "STATUS",
                                        "TRANSP",
                                        "RRULE",
                                        "EXRULE",
                                        "PRIORITY",
                                        "TZID",
                                        "METHOD",
                                        "X-WR-TIMEZONE",
                                        "X-LIC-LOCATION",
                                        "CALSCALE",
                                        "BEGIN",
                                        "END",
                                        "X-MICROSOFT-CDO-BUSYSTATUS"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == size && strncasecmp(words[i], name, size) == 0)
            return true;
    for (size_t i = 0; i < sizeof timed_properties / sizeof *timed_properties; i++)
        if (strlen(timed_properties[i].name) == size &&
            strncasecmp(timed_properties[i].name, name, size) == 0)
            return true;
    return false;
}

/* One line that is wanted, unfolded; false: the file is not read further. */
static bool read_wanted(struct file *file, size_t name_length) {
    char name[32];
    memcpy(name, file->unfolded, name_length);
    name[name_length] = '\0';
    const char *value = value_of(file->unfolded);
    const bool is_skipped =
        file->depth > 0 && file->open[file->depth - 1].kind == FASTI_ICAL_SKIPPED;
    if (value == NULL && is_skipped)
        return true;
    if (value == NULL) {
        fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line,
                          "%s has no value: there is no colon", name);
        return false;
    }
    if (strcasecmp(name, "BEGIN") == 0)
        return begin(file, value);
    if (strcasecmp(name, "END") == 0)
        return end(file, value);
    if (file->depth == 0) {
        fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line,
                          "%s before the first BEGIN: this is not an iCalendar file", name);
        return false;
    }
    if (!is_skipped)
        read_property(file, name, value);
    return file->reader->status != FASTI_LIMIT_RECORDS &&
           file->reader->status != FASTI_LIMIT_MEMORY;
}

/* Somebody's text goes on without a blank before it: no harm, unless it belongs to what is read. */
static bool pass_over(struct file *file) {
    file->reader->result->counts.odd_lines++;
    if (file->depth > 0 && !file->was_read)
        return true;
    fasti_ical_refuse(file->reader, FASTI_INVALID_FILE, file->line,
                      "the line is no property: it has no name before a colon");
    return false;
}

/* A property that is unfolded; its numbers are those of its first line. */
static bool read_unfolded(struct file *file, const char *line, size_t size) {
    uint32_t folded = 0;
    if (!unfold(file, line, size, &folded))
        return false;
    file->line -= folded;
    const size_t length = property_name_size(file->unfolded, strlen(file->unfolded));
    bool goes_on = true;
    if (length == 0)
        goes_on = pass_over(file);
    else if ((file->was_read = is_wanted(file->unfolded, length)))
        goes_on = read_wanted(file, length);
    file->line += folded;
    return goes_on;
}

static bool read_line(struct file *file, const char *line, size_t size) {
    const size_t length = property_name_size(line, size);
    if (size == 0)
        return true;
    /* A name may be cut by the fold, too. */
    if (length > 0 ? is_wanted(line, length) : name_size(line, size) == size && is_folded(file))
        return read_unfolded(file, line, size);
    if (length == 0 && !pass_over(file))
        return false;
    if (length > 0)
        file->was_read = false;
    while (is_folded(file) && next_line(file, &line, &size))
        continue;
    return true;
}

void fasti_ical_file_read(struct fasti_ical_reader *reader, const char *bytes, size_t size) {
    struct file file = {.reader = reader, .at = bytes, .end = bytes + size};
    const char *line;
    size_t length;
    bool goes_on = memchr(bytes, '\0', size) == NULL;
    file.unfolded = malloc(FASTI_ICAL_LINE_BYTES_MAX + 1);
    if (file.unfolded == NULL) {
        fasti_ical_refuse(reader, FASTI_LIMIT_MEMORY, 0, "no memory for the file");
        return;
    }
    if (!goes_on)
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, 0, "the file is not text: it holds a 0 byte");
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        file.at += 3;
    begin_calendar(&file); /* of components outside of any */
    goes_on = goes_on && reader->status == FASTI_OK;
    while (goes_on && next_line(&file, &line, &length))
        goes_on = read_line(&file, line, length);
    if (goes_on && file.depth > 0)
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, file.open[file.depth - 1].line,
                          "BEGIN:%s has no END: is the file cut?", file.open[file.depth - 1].name);
    else if (goes_on && reader->status == FASTI_OK && reader->item_count == 0 &&
             reader->calendar_count == 1 && reader->result->counts.skipped == 0)
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, 0,
                          "there is no BEGIN:VCALENDAR: this is not an iCalendar file");
    free(file.unfolded);
}
