/*
 * fasti_import_records.c - records of an export into a server: batches of LOADs in a pipeline.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/fasti_export.h"
#include "tools/fasti_import_whole.h"

#define WINDOW    16  /* batches on their way */
#define CELLS_MAX 240 /* of one claim, with room to spare */

/* Records that travel together; in use until they are answered. */
struct batch {
    bool is_sent;
    uint32_t tries;
    uint32_t count, items, cells, size;
    uint32_t lines[FASTI_ITEMS_MAX]; /* where each record stands in the file */
    uint64_t numbers[FASTI_ITEMS_MAX];
    _Alignas(8) uint8_t bytes[FASTI_LOAD_BYTES_MAX];
};

struct fasti_loader {
    struct fasti_session *session;
    const char *path;
    json_t *names;         /* "organization/kind/id" -> dense id */
    uint32_t organization; /* dense id of whose the records are */
    uint64_t loaded, known, last;
    uint32_t in_flight, filling; /* batch that is being filled */
    uint32_t fault_line;         /* of the first record that was refused; 0: none was */
    enum fasti_status fault_status;
    struct fasti_detail fault;
    struct batch batches[WINDOW];
};

/* ---- names ---- */

#define KEY_BYTES (FASTI_ID_BYTES_MAX + 32)

static void key_format(uint32_t organization, enum fasti_entity_kind kind,
                       const struct fasti_id_text *id, char key[KEY_BYTES]) {
    snprintf(key, KEY_BYTES, "%u/%d/%.*s", organization, (int)kind, FASTI_PRINT(*id));
}

static bool name_note(void *context, const struct fasti_export *export,
                      const struct fasti_describe_answer *record) {
    struct fasti_loader *loader = context;
    const bool is_organization = record->kind == FASTI_ENTITY_ORGANIZATION;
    char key[KEY_BYTES];
    (void)export;
    if (!is_organization && record->kind != FASTI_ENTITY_SCHEDULE &&
        record->kind != FASTI_ENTITY_SERVICE)
        return true;
    key_format(is_organization ? 0 : record->put.organization.v, record->kind, &record->put.id,
               key);
    json_object_set_new(loader->names, key, json_integer(record->id));
    return true;
}

/* 0: there is none. */
static uint32_t dense_of(const struct fasti_loader *loader, uint32_t organization,
                         enum fasti_entity_kind kind, const struct fasti_id_text *id) {
    char key[KEY_BYTES];
    key_format(organization, kind, id, key);
    return (uint32_t)json_integer_value(json_object_get(loader->names, key));
}

static enum fasti_exit names_learn(struct fasti_loader *loader) {
    struct fasti_session *session = loader->session;
    const struct fasti_export_sink sink = {.context = loader, .directory = name_note};
    const char *organization = session->organization_text;
    struct fasti_export export;
    session->organization_text = NULL; /* whatever is there */
    session->organization.v = 0;
    enum fasti_exit exit = fasti_export_begin(&export, session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_export_tell(&export, &sink);
    fasti_export_end(&export);
    session->organization_text = organization;
    return exit;
}

struct fasti_loader *fasti_loader_open(struct fasti_session *session, const char *path) {
    struct fasti_loader *loader = calloc(1, sizeof *loader);
    if (loader == NULL) {
        (void)fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
        return NULL;
    }
    loader->session = session;
    loader->path = path;
    loader->names = json_object();
    if (names_learn(loader) == FASTI_EXIT_DONE)
        return loader;
    fasti_loader_close(loader);
    return NULL;
}

void fasti_loader_close(struct fasti_loader *loader) {
    if (loader == NULL)
        return;
    json_decref(loader->names);
    free(loader);
}

uint64_t fasti_loader_loaded(const struct fasti_loader *loader) {
    return loader->loaded;
}

uint64_t fasti_loader_known(const struct fasti_loader *loader) {
    return loader->known;
}

/* ---- answers ---- */

/* The batch's line of the record that a sentence begins with ("record 17: ..."). */
static uint32_t line_of(const struct batch *batch, const char *text) {
    const uint64_t number = strncmp(text, "record ", 7) == 0 ? strtoull(text + 7, NULL, 10) : 0;
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->numbers[i] == number)
            return batch->lines[i];
    return batch->lines[0];
}

static void fault_keep(struct fasti_loader *loader, const struct batch *batch,
                       const struct fasti_answer *answer) {
    const uint32_t line = line_of(batch, answer->detail.text);
    if (loader->fault_line != 0 && loader->fault_line < line)
        return;
    loader->fault_line = line;
    loader->fault_status = answer->status;
    loader->fault = answer->detail;
    if (answer->detail.text[0] == '\0')
        (void)fasti_detail_set(&loader->fault, FASTI_OK, "%s",
                               answer->status != FASTI_OK ? fasti_status_text(answer->status)
                                                          : fasti_outcome_text(answer->outcome));
}

static enum fasti_exit connection_fail(struct fasti_loader *loader, enum fasti_status status) {
    const char *fault = fasti_client_fault(loader->session->client)->text;
    return fasti_session_fail(
        loader->session, FASTI_EXIT_FAILED, status,
        "the connection broke after %llu records (%s): import the file again, "
        "what is there already counts as loaded",
        (unsigned long long)(loader->loaded + loader->known),
        fault[0] != '\0' ? fault : fasti_status_text(status));
}

static enum fasti_exit batch_send(struct fasti_loader *loader, uint32_t at);

/* Takes one answer; one batch is free then, unless the server was BUSY. */
static enum fasti_exit answer_take(struct fasti_loader *loader) {
    struct fasti_answer answer;
    const enum fasti_status status = fasti_client_receive(loader->session->client, &answer);
    if (status != FASTI_OK || answer.tag >= WINDOW || !loader->batches[answer.tag].is_sent)
        return connection_fail(loader, status == FASTI_OK ? FASTI_INVALID_MESSAGE : status);
    struct batch *batch = &loader->batches[answer.tag];
    batch->is_sent = false;
    loader->in_flight--;
    if (answer.status == FASTI_BUSY && ++batch->tries < FASTI_SESSION_BUSY_TRIES) {
        const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
        (void)nanosleep(&pause, NULL);
        return batch_send(loader, (uint32_t)answer.tag);
    }
    if (answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome)) {
        loader->loaded += answer.body.load.loaded;
        loader->known += answer.body.load.known;
    } else {
        fault_keep(loader, batch, &answer);
    }
    batch->count = 0;
    return FASTI_EXIT_DONE;
}

static enum fasti_exit batch_send(struct fasti_loader *loader, uint32_t at) {
    struct batch *batch = &loader->batches[at];
    struct fasti_command *command = calloc(1, sizeof *command);
    if (command == NULL)
        return connection_fail(loader, FASTI_LIMIT_MEMORY);
    command->kind = FASTI_COMMAND_LOAD;
    command->body.load = (struct fasti_loading){.bytes = batch->bytes, .size = batch->size};
    enum fasti_status status;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    while ((status = fasti_client_send(loader->session->client, command, at)) == FASTI_BUSY &&
           loader->in_flight > 0 && exit == FASTI_EXIT_DONE)
        exit = answer_take(loader);
    free(command);
    if (exit != FASTI_EXIT_DONE || status != FASTI_OK)
        return exit != FASTI_EXIT_DONE ? exit : connection_fail(loader, status);
    batch->is_sent = true;
    loader->in_flight++;
    return exit;
}

/* Every tenth batch on a terminal; nothing else watches. */
static void show_progress(const struct fasti_loader *loader, bool is_done) {
    const uint64_t done = loader->loaded + loader->known;
    if (isatty(STDERR_FILENO) != 0 && (is_done || done % 640 == 0))
        fprintf(stderr, "\rload: %llu records%s", (unsigned long long)done, is_done ? "\n" : "");
}

/* Sends the batch that is being filled and finds another one that is free. */
static enum fasti_exit batch_turn(struct fasti_loader *loader) {
    struct batch *batch = &loader->batches[loader->filling];
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (batch->count > 0)
        exit = batch_send(loader, loader->filling);
    while (exit == FASTI_EXIT_DONE && loader->in_flight == WINDOW)
        exit = answer_take(loader);
    for (uint32_t i = 0; i < WINDOW; i++)
        if (!loader->batches[i].is_sent)
            loader->filling = i;
    loader->batches[loader->filling].count = loader->batches[loader->filling].size = 0;
    loader->batches[loader->filling].items = loader->batches[loader->filling].cells = 0;
    loader->batches[loader->filling].tries = 0;
    show_progress(loader, false);
    return exit;
}

/* Waits for all that is on its way, then says what was refused, if anything was. */
static enum fasti_exit drain(struct fasti_loader *loader) {
    struct fasti_session *session = loader->session;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    while (exit == FASTI_EXIT_DONE && loader->in_flight > 0)
        exit = answer_take(loader);
    if (exit != FASTI_EXIT_DONE || loader->fault_line == 0)
        return exit;
    const bool is_input = loader->fault_status == FASTI_OK ||
                          fasti_status_class(loader->fault_status) == FASTI_CLASS_INVALID;
    return fasti_session_fail(
        session,
        loader->fault_status == FASTI_OK ? FASTI_EXIT_REFUSED
        : is_input                       ? FASTI_EXIT_INVALID
                                         : FASTI_EXIT_FAILED,
        loader->fault_status,
        "%.100s:%u: %.200s; %llu records are loaded. Once that is mended import the file again: "
        "what is there already counts as loaded",
        loader->path, loader->fault_line, loader->fault.text,
        (unsigned long long)(loader->loaded + loader->known));
}

enum fasti_exit fasti_loader_finish(struct fasti_loader *loader) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (loader->batches[loader->filling].count > 0 && loader->fault_line == 0)
        exit = batch_send(loader, loader->filling);
    if (exit == FASTI_EXIT_DONE)
        exit = drain(loader);
    if (exit == FASTI_EXIT_DONE)
        show_progress(loader, true);
    return exit;
}

/* ---- records ---- */

static enum fasti_exit unknown(struct fasti_loader *loader, uint32_t line, const char *what,
                               const struct fasti_id_text *id) {
    const enum fasti_exit exit = drain(loader);
    return exit != FASTI_EXIT_DONE
               ? exit
               : fasti_session_fail(loader->session, FASTI_EXIT_INVALID, FASTI_INVALID_REFERENCE,
                                    "%.100s:%u: there is no %s \"%.*s\" in its organization",
                                    loader->path, line, what, FASTI_PRINT(*id));
}

enum fasti_exit fasti_loader_scope(struct fasti_loader *loader, const char *organization,
                                   uint32_t line) {
    struct fasti_id_text id;
    loader->organization = fasti_id_text_set(&id, organization, strlen(organization)) == FASTI_OK
                               ? dense_of(loader, 0, FASTI_ENTITY_ORGANIZATION, &id)
                               : 0;
    if (loader->organization != 0)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(loader->session, FASTI_EXIT_INVALID, FASTI_INVALID_REFERENCE,
                              "%.100s:%u: there is no organization \"%.64s\"", loader->path, line,
                              organization);
}

static enum fasti_exit names_set(struct fasti_loader *loader, struct fasti_record_line *record,
                                 uint32_t line) {
    record->whole.organization.v = loader->organization;
    for (uint32_t i = 0; i < record->whole.item_count; i++) {
        struct fasti_item *item = &record->items[i];
        item->schedule =
            dense_of(loader, loader->organization, FASTI_ENTITY_SCHEDULE, &record->schedules[i]);
        if (item->schedule == 0)
            return unknown(loader, line, "schedule", &record->schedules[i]);
        if (record->services[i].length == 0)
            continue;
        item->service =
            dense_of(loader, loader->organization, FASTI_ENTITY_SERVICE, &record->services[i]);
        if (item->service == 0)
            return unknown(loader, line, "service", &record->services[i]);
    }
    return FASTI_EXIT_DONE;
}

/* Cells that a record takes of a claim, at most: itself, and of each item two days with two
 * guards, or of a block one day. */
static uint32_t cells_of(const struct fasti_whole *whole) {
    return 1 + whole->item_count * (whole->kind == FASTI_RECORD_BLOCK ? 1u : 4u);
}

enum fasti_exit fasti_loader_add(struct fasti_loader *loader, struct fasti_record_line *record,
                                 uint32_t line) {
    const struct fasti_whole *whole = &record->whole;
    if (loader->fault_line != 0)
        return drain(loader);
    if (whole->record.v <= loader->last)
        return fasti_session_fail(loader->session, FASTI_EXIT_INVALID, FASTI_INVALID_FILE,
                                  "%.100s:%u: the numbers of the records do not rise", loader->path,
                                  line);
    loader->last = whole->record.v + whole->item_count - 1;
    enum fasti_exit exit = names_set(loader, record, line);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    _Alignas(8) uint8_t bytes[FASTI_WHOLE_BYTES_MAX];
    const char *field;
    const size_t size = fasti_whole_encode(whole, bytes, sizeof bytes, &field);
    FASTI_ASSERT(size > 0); /* as it was when the line was read */
    struct batch *batch = &loader->batches[loader->filling];
    if (batch->count > 0 &&
        (batch->count == FASTI_ITEMS_MAX || batch->items + whole->item_count > FASTI_ITEMS_MAX ||
         batch->cells + cells_of(whole) > CELLS_MAX || batch->size + size > FASTI_LOAD_BYTES_MAX))
        exit = batch_turn(loader);
    batch = &loader->batches[loader->filling];
    memcpy(batch->bytes + batch->size, bytes, size);
    batch->size += (uint32_t)size;
    batch->lines[batch->count] = line;
    batch->numbers[batch->count++] = whole->record.v;
    batch->items += whole->item_count;
    batch->cells += cells_of(whole);
    return exit;
}
