/*
 * api_limits.h - every bound of the wire and of the server, in one place.
 *
 * The engine's bounds are in engine/base/limits.h. Sizes of frames include their 4-byte prefix.
 * The static asserts say how the bounds hang together.
 */
#ifndef FASTI_API_LIMITS_H
#define FASTI_API_LIMITS_H

#include "engine/booking/command.h"

/* ---- wire ---- */
#define FASTI_WIRE_VERSION_MIN   1
#define FASTI_WIRE_VERSION_MAX   1
#define FASTI_FRAME_ALIGN_BYTES  8 /* a frame's size, prefix included, is a multiple of it */
#define FASTI_FRAME_BYTES_MIN    16
#define FASTI_FRAME_BYTES_MAX    (256 * 1024)  /* of a request: openings lists are the largest */
#define FASTI_ANSWER_BYTES_MAX   (1024 * 1024) /* of an answer: availability is the largest */
#define FASTI_ANSWER_BYTES_SMALL 1024          /* of one without lists and payloads */
#define FASTI_RECORD_BYTES_WIRE  288           /* of one record in an answer, at most */
#define FASTI_ITEM_BYTES_WIRE    28            /* of one item of a record that is shown */
#define FASTI_BATCH_MAX          32            /* requests in one Batch */
#define FASTI_VERIFY_DEPTH_MAX   8             /* tables inside tables */
#define FASTI_VERIFY_TABLES_MAX  256           /* tables of one message */
#define FASTI_CLIENT_NAME_MAX    64
#define FASTI_INSTANT_S_MAX      (INT64_C(1) << 40) /* +-: year 36812; keeps arithmetic safe */
#define FASTI_DATE_DAYS_MAX      4000000            /* +-: year 12921 */
#define FASTI_POSITION_LATITUDE  900000000
#define FASTI_POSITION_LONGITUDE 1800000000

/* ---- server: connections ---- */
#define FASTI_CONNECTIONS_MAX          4096 /* of the server; the acceptor refuses more */
#define FASTI_REFUSED_MAX              64   /* refused ones that still get their answer */
#define FASTI_CONNECTION_IN_FLIGHT_MAX 1024 /* requests without an answer on one connection */
#define FASTI_CONNECTION_OUTPUT_MAX    (1024 * 1024)     /* queued; reading stops above it */
#define FASTI_CONNECTION_OUTPUT_END    (4 * 1024 * 1024) /* room ever reserved for the queue */
#define FASTI_CONNECTION_INPUT_MAX     (2 * 1024 * 1024) /* received and not processed yet */
#define FASTI_BUFFER_KEEP_BYTES        (16 * 1024)       /* a quiet connection keeps no more */
#define FASTI_LARGE_INPUTS_MAX         64 /* connections of a worker with larger input than that */
#define FASTI_LISTEN_BACKLOG           512

/* ---- server: time ---- */
#define FASTI_TIMEOUT_HELLO_MS 10000  /* from accept to the first whole frame */
#define FASTI_TIMEOUT_FRAME_MS 30000  /* from a frame's first byte to its last */
#define FASTI_TIMEOUT_SEND_MS  30000  /* a peer that takes nothing of what is queued */
#define FASTI_TIMEOUT_IDLE_MS  600000 /* no request, nothing in flight */
#define FASTI_TIMEOUT_QUIET_MS 1000   /* a connection that keeps its large buffers no longer */
#define FASTI_TIMEOUT_CLOSE_MS 2000   /* to send the last words of a connection */
#define FASTI_TIMEOUT_STOP_MS  5000   /* to answer what is in flight when the server stops */
#define FASTI_SWEEP_MS         500    /* how often the times above are looked at */

/* ---- server: rings ---- */
#define FASTI_LOOP_ENTRIES         1024
#define FASTI_LOOP_COMPLETIONS     8192
#define FASTI_RECEIVE_BUFFERS      256 /* a power of two, a worker */
#define FASTI_RECEIVE_BUFFER_BYTES 8192
#define FASTI_POLL_ANSWERS_MAX     64 /* answers taken from the engine at once */
#define FASTI_ZONE_WAITS_MAX       16 /* connections of a worker that wait for a zone */

_Static_assert(FASTI_FRAME_BYTES_MAX % FASTI_FRAME_ALIGN_BYTES == 0, "frames are padded");
_Static_assert(FASTI_ANSWER_BYTES_MAX % FASTI_FRAME_ALIGN_BYTES == 0, "frames are padded");
_Static_assert(FASTI_FRAME_BYTES_MAX >= FASTI_OPENINGS_MAX * (FASTI_ID_BYTES_MAX + 16 + 80) +
                                            64 * (FASTI_ID_BYTES_MAX + 16) + 4096,
               "the largest list of openings fits in a request frame");
_Static_assert(FASTI_ANSWER_BYTES_MAX >= FASTI_QUERY_STARTS_MAX * 8 + FASTI_QUERY_CELLS_MAX * 5 +
                                             FASTI_QUERY_ROWS_MAX * 25 + 4096,
               "the largest availability answer fits in an answer frame");
_Static_assert(FASTI_ANSWER_BYTES_MAX >=
                   FASTI_SEARCH_RESULTS_MAX * (22 + FASTI_SEARCH_STARTS_MAX * 12) + 4096,
               "the largest answer to a search fits in an answer frame");
_Static_assert(FASTI_ANSWER_BYTES_MAX >=
                   FASTI_NAMES_RESULTS_MAX * (FASTI_ID_BYTES_MAX + 2 * FASTI_NAME_BYTES_MAX + 60) +
                       4096,
               "the largest answer to a question for names fits in an answer frame");
_Static_assert(FASTI_ANSWER_BYTES_MAX >= FASTI_COMBINE_ROWS_MAX * 22 + FASTI_COMBINE_CHOICES_MAX +
                                             FASTI_ITEMS_MAX * 11 + 4096,
               "the largest answer about combinations fits in an answer frame");
_Static_assert(FASTI_ANSWER_BYTES_MAX >=
                   FASTI_HEATMAP_CELLS_MAX * (12 + FASTI_HEATMAP_DAYS_MAX * 8) + 4096,
               "the largest heat map fits in an answer frame");
_Static_assert(FASTI_BATCH_MAX * 4 + 2 <= FASTI_VERIFY_TABLES_MAX,
               "a batch of puts, four tables each, passes the verifier");
_Static_assert(FASTI_CONNECTION_OUTPUT_END >=
                   FASTI_CONNECTION_OUTPUT_MAX + FASTI_ANSWER_BYTES_MAX +
                       FASTI_CONNECTION_IN_FLIGHT_MAX * FASTI_ANSWER_BYTES_SMALL,
               "what may still come after reading stopped fits in the queue");
_Static_assert(FASTI_ANSWER_BYTES_SMALL >=
                   160 + sizeof(struct fasti_detail) + sizeof(struct fasti_status_answer),
               "a sentence and a status fit in a small answer");
_Static_assert(FASTI_RECORD_BYTES_WIRE >= 88 + 4 + 24 + FASTI_PATIENT_BYTES_MAX + 24 * 4,
               "twenty-four columns and a patient's reference, with what aligns them");
_Static_assert(FASTI_CONNECTION_IN_FLIGHT_MAX <= FASTI_WORKER_PENDING_MAX,
               "one connection cannot exceed its worker");

#endif
