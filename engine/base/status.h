/*
 * status.h - environmental conditions and bad input, as typed values.
 *
 * One X-macro holds name, wire value, class and sentence. The class tells a caller what to do:
 * INVALID fix the request, BUSY retry it, LIMIT back off, IO fail over, CORRUPT call a human.
 * Decisions of the engine (BOOKED, TAKEN ...) are outcomes (engine.h), never statuses.
 * Wire values are part of the protocol: they are never renumbered.
 */
#ifndef FASTI_BASE_STATUS_H
#define FASTI_BASE_STATUS_H

#define FASTI_STATUS_TABLE(X)                                                               \
    X(OK, 0, OK, "done")                                                                    \
    X(INVALID_FRAME, 10, INVALID, "the frame's length or padding is wrong")                 \
    X(INVALID_MESSAGE, 11, INVALID, "the message is not a valid Fasti message")             \
    X(INVALID_VERSION, 12, INVALID, "the wire version is not supported")                    \
    X(INVALID_COMMAND, 13, INVALID, "the command is not known")                             \
    X(INVALID_ID, 14, INVALID, "the id is empty, too long or not plain UTF-8 text")         \
    X(INVALID_TEXT, 15, INVALID, "the text is too long or not plain UTF-8 text")            \
    X(INVALID_DATE, 16, INVALID, "the date does not exist or is not in 2000 to 2199")       \
    X(INVALID_TIME, 17, INVALID, "the time of day does not exist")                          \
    X(INVALID_ZONE, 18, INVALID, "the time zone is not known or its file is not valid")     \
    X(INVALID_RANGE, 19, INVALID, "a number is out of its range")                           \
    X(INVALID_REFERENCE, 20, INVALID, "the message names a record that does not exist")     \
    X(INVALID_RESOLUTION, 21, INVALID, "the time does not fit the schedule's resolution")   \
    X(INVALID_OPENING, 22, INVALID, "the opening's hours are empty, reversed or overlap")   \
    X(INVALID_FILE, 23, INVALID, "the file is not what its name or place promises")         \
    X(INVALID_OPTION, 24, INVALID, "an option or argument is wrong")                        \
    X(INVALID_STATE, 25, INVALID, "the call does not fit the state of its object")          \
    X(GAP_TIME, 26, INVALID, "the local time does not exist: clocks skip over it")          \
    X(NOT_FOUND, 27, INVALID, "there is no such record")                                    \
    X(EXISTS, 28, INVALID, "a record with this id exists and differs")                      \
    X(STALE, 29, INVALID, "the record is not as it was read: read it again")                \
    X(MISMATCH, 30, INVALID, "the request id was used for another command")                 \
    X(STALE_REQUEST, 31, INVALID, "the request id is too old to know whether it was used")  \
    X(BUSY, 40, BUSY, "the server is busy: nothing was changed, try again")                 \
    X(STARTING, 41, BUSY, "the server is still recovering")                                 \
    X(LIMIT_RECORDS, 50, LIMIT, "the limit of records of this kind is reached")             \
    X(LIMIT_MEMORY, 51, LIMIT, "there is not enough memory")                                \
    X(LIMIT_MESSAGE, 52, LIMIT, "the message or its answer would be too large")             \
    X(LIMIT_CONNECTIONS, 53, LIMIT, "the server has all the connections that it allows")    \
    X(DISK_LOW, 54, LIMIT, "the disk is nearly full: cancels are still served")             \
    X(LIMIT_VERSION, 55, LIMIT, "a cell has used up its versions")                          \
    X(UNKNOWN, 60, IO, "the result is not known: ask again after the server has restarted") \
    X(IO_OPEN, 61, IO, "a file could not be opened or created")                             \
    X(IO_READ, 62, IO, "a read failed")                                                     \
    X(IO_WRITE, 63, IO, "a write failed or was short")                                      \
    X(LOCKED, 64, IO, "the data directory is in use by another process")                    \
    X(FENCED, 65, IO, "another writer has taken the log over")                              \
    X(IO_RING, 66, IO, "the kernel refused io_uring")                                       \
    X(UNREACHABLE, 67, IO, "the server could not be reached")                               \
    X(CORRUPT_LOG, 80, CORRUPT, "the log is damaged")                                       \
    X(CORRUPT_SNAPSHOT, 81, CORRUPT, "the snapshot is damaged")                             \
    X(CORRUPT_STATE, 82, CORRUPT, "the log contradicts itself")                             \
    X(UNSUPPORTED_FORMAT, 83, CORRUPT, "the files are of another format version")

enum fasti_status {
#define FASTI_STATUS_ENUM(name, value, class, text) FASTI_##name = value,
    FASTI_STATUS_TABLE(FASTI_STATUS_ENUM)
#undef FASTI_STATUS_ENUM
};

enum fasti_status_class {
    FASTI_CLASS_OK,
    FASTI_CLASS_INVALID,
    FASTI_CLASS_BUSY,
    FASTI_CLASS_LIMIT,
    FASTI_CLASS_IO,
    FASTI_CLASS_CORRUPT,
};

#define FASTI_MUST_USE __attribute__((warn_unused_result))

/* Evaluates a call once and returns its status from the enclosing function unless it is OK. */
#define FASTI_TRY(call)                               \
    do {                                              \
        const enum fasti_status try_status_ = (call); \
        if (try_status_ != FASTI_OK)                  \
            return try_status_;                       \
    } while (0)

/* The constant's name without prefix ("DISK_LOW"); "?" for a value that is not a status. */
const char *fasti_status_name(enum fasti_status status);

/* One sentence for a person, without a final full stop. Never NULL. */
const char *fasti_status_text(enum fasti_status status);

enum fasti_status_class fasti_status_class(enum fasti_status status);

#endif
