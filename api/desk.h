/*
 * desk.h - one worker's desk: requests of its connections go in, answers come out.
 *
 *   bytes --frame--> codec --> command --submit--> answer now ----------+--> connection's output
 *                                  \--pending, tag = slot--> poll ------+
 *
 * A slot remembers which connection (place and generation) and which client's id a tag stands for;
 * an answer whose connection is gone is dropped. A put of a location first makes sure that its
 * zone is known (RESOLVE, read the file, put the ZONE, under the location's import if it has one:
 * a refused import leaves no zone behind); until then its connection takes no other
 * request, so that what was sent later is also decided later.
 * The desk knows the engine and the codec, no socket and no ring: the loop moves the bytes and
 * looks after the connections in the dirty list. Threading: belongs to one worker's thread.
 */
#ifndef FASTI_API_DESK_H
#define FASTI_API_DESK_H

#include "api/codec.h"
#include "api/connection.h"
#include "api/zoneinfo.h"

enum fasti_desk_step {
    FASTI_STEP_COMMAND,      /* the client's own command */
    FASTI_STEP_ZONE_RESOLVE, /* is the location's zone known? */
    FASTI_STEP_ZONE_PUT,
};

struct fasti_desk_slot {
    uint64_t id; /* the client's */
    uint32_t connection, generation;
    uint32_t reserved; /* bytes, as counted in the connection */
    uint32_t next;     /* free ones: 1 + index, 0 = end */
    uint8_t step;      /* enum fasti_desk_step */
    uint8_t wait;      /* index of the zone wait, for the zone steps */
};

struct fasti_zone_wait {
    bool is_used;
    struct fasti_command command; /* the put of the location */
};

/* A command that was read ahead; its frame has so many bytes. */
struct fasti_desk_ahead {
    size_t bytes;
    uint64_t id;
    struct fasti_command command;
};

struct fasti_desk {
    struct fasti_engine *engine;
    uint32_t worker;
    int64_t now_ms; /* monotonic; set by the loop once a round */
    struct fasti_codec *codec;
    struct fasti_zoneinfo *zoneinfo;
    struct fasti_connection *connections; /* FASTI_DESK_CONNECTIONS_MAX places */
    uint32_t large_input_count;           /* connections whose input is large */
    uint32_t dirty;                       /* 1 + index of the first connection to look after */
    uint32_t slot_free, slot_count;       /* count: in use */
    struct fasti_desk_slot slots[FASTI_WORKER_PENDING_MAX];
    struct fasti_zone_wait waits[FASTI_ZONE_WAITS_MAX];
    uint32_t staged_import; /* the last import under which a zone was staged here, and the zone */
    struct fasti_id_text staged_zone;
    struct fasti_command command; /* being decoded */
    bool was_ahead; /* the last one is of a kind that is read ahead: the next may be, too */
    uint32_t ahead_count, ahead_at;                  /* those below `at` were taken */
    struct fasti_desk_ahead ahead[FASTI_COMING_MAX]; /* read, of one connection's input */
    struct fasti_answer answer;                      /* being encoded */
    struct fasti_answer answers[FASTI_POLL_ANSWERS_MAX];
};

#define FASTI_DESK_CONNECTIONS_MAX (FASTI_CONNECTIONS_MAX + FASTI_REFUSED_MAX)

/* NULL when there is no memory. */
struct fasti_desk *fasti_desk_create(struct fasti_engine *engine, uint32_t worker,
                                     const char *zoneinfo_directory);
void fasti_desk_destroy(struct fasti_desk *desk);

/* Bytes that a connection received; what cannot be processed now is kept in its input. */
void fasti_desk_receive(struct fasti_desk *desk, struct fasti_connection *connection,
                        const uint8_t *bytes, size_t size);

/* The peer sends no more (is_ended): when its input is processed, what it is owed is sent, then the
 * connection is closed. */
void fasti_desk_end(struct fasti_desk *desk, struct fasti_connection *connection);

/* A CLOSED connection without operations in the kernel's hands: frees its place. */
void fasti_desk_forget(struct fasti_desk *desk, struct fasti_connection *connection);

/* Goes on with input that waited because the connection was blocked. */
void fasti_desk_resume(struct fasti_desk *desk, struct fasti_connection *connection);

/* Gives the large buffers of a quiet connection back; none of them may be with the kernel. */
void fasti_desk_trim(struct fasti_desk *desk, struct fasti_connection *connection);

/* Says a last word (a status and a sentence, outside any request) and drains. */
void fasti_desk_refuse(struct fasti_desk *desk, struct fasti_connection *connection,
                       enum fasti_status status, const char *sentence);

/* Takes all answers that the engine has ready. */
void fasti_desk_poll(struct fasti_desk *desk);

/* Puts a connection in the dirty list: it has output, or changed its state. */
void fasti_desk_touch(struct fasti_desk *desk, struct fasti_connection *connection);

/* The next one of the dirty list; NULL at its end. */
struct fasti_connection *fasti_desk_take_dirty(struct fasti_desk *desk);

#endif
