/*
 * messages.h - random commands and answers for tests of the wire.
 *
 * Every struct is zeroed first, so that two equal ones compare equal byte for byte. What a command
 * or answer points to lies in the generator.
 */
#ifndef FASTI_TESTS_SUPPORT_MESSAGES_H
#define FASTI_TESTS_SUPPORT_MESSAGES_H

#include "engine/base/prng.h"
#include "engine/booking/command.h"

#define FASTI_MESSAGES_APPOINTMENTS 256 /* 4 of each command of a batch */

struct fasti_messages {
    struct fasti_prng prng;
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
    struct fasti_availability_answer availability;
    struct fasti_search_answer search;
    struct fasti_names_answer names;
    struct fasti_combine_answer combine;
    struct fasti_heatmap_answer heatmap;
    struct fasti_list_answer list;
    struct fasti_describe_answer describe;
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    struct fasti_item_view items[FASTI_ITEMS_MAX];
    /* What the bookings made last borrow: as many as one frame has at most. */
    char patients[FASTI_MESSAGES_APPOINTMENTS][FASTI_PATIENT_BYTES_MAX];
    uint8_t payloads[FASTI_MESSAGES_APPOINTMENTS][FASTI_PAYLOAD_BYTES_MAX];
    uint32_t appointment; /* the next one's place */
};

/* How many kinds are drawn, and which: LOAD and EXPORT have tests of their own. */
#define FASTI_MESSAGES_COMMAND_KINDS 27
static inline enum fasti_command_kind fasti_messages_kind(uint64_t index) {
    return index < FASTI_COMMAND_EXPLAIN
               ? (enum fasti_command_kind)(1 + index)
               : (enum fasti_command_kind)(FASTI_COMMAND_SEARCH + index - FASTI_COMMAND_EXPLAIN);
}

void fasti_messages_command(struct fasti_messages *m, struct fasti_command *command,
                            enum fasti_command_kind kind);
void fasti_messages_put(struct fasti_messages *m, struct fasti_put *put,
                        enum fasti_entity_kind kind);
/* services are 1 to service_end - 1. */
void fasti_messages_opening(struct fasti_messages *m, struct fasti_opening *opening,
                            uint32_t service_end);
void fasti_messages_answer(struct fasti_messages *m, struct fasti_answer *answer,
                           enum fasti_command_kind kind);
/* At most row_max starts a row. */
void fasti_messages_availability(struct fasti_messages *m, uint16_t rows, uint16_t days,
                                 uint32_t cell_max);
/* start_max: 1 to FASTI_SEARCH_STARTS_MAX, of each result. */
void fasti_messages_search(struct fasti_messages *m, uint16_t results, uint16_t start_max);
void fasti_messages_names(struct fasti_messages *m, uint16_t rows);
/* Each offer has so many rows. */
void fasti_messages_combine(struct fasti_messages *m, uint8_t offers, uint16_t rows);
void fasti_messages_heatmap(struct fasti_messages *m, uint16_t cells, uint16_t days);

#endif
