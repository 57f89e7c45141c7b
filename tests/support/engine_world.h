/*
 * engine_world.h - an engine on a simulated disk with a clock that stands still, and commands
 * built from C strings.
 *
 *   world_open -> put ... -> run(command) -> world_kill_and_open -> the same state
 *
 * One thread drives every worker in turn, so that a session is the same at each run.
 */
#ifndef FASTI_TESTS_SUPPORT_ENGINE_WORLD_H
#define FASTI_TESTS_SUPPORT_ENGINE_WORLD_H

#include "engine/engine.h"

#define ENGINE_WORLD_SEGMENT_BYTES (8u << 20)

struct engine_world {
    struct fasti_sim_disk *disk;
    struct fasti_engine *engine; /* NULL while it is down */
    uint32_t worker_count;
    int64_t now_ms;
    uint64_t memory_bytes_max;                    /* of later opens; 0 = 256 MiB */
    uint64_t segment_bytes;                       /* the same; 0 = ENGINE_WORLD_SEGMENT_BYTES */
    uint64_t snapshot_log_bytes;                  /* the same; 0 = never */
    uint32_t past_days, retention_days;           /* the same; 0 = never */
    struct fasti_recovery recovery;               /* of the last open */
    uint32_t checkpoints_begun, checkpoints_done; /* since the last open */
    enum fasti_status checkpoint_status;          /* of the last one that is done */
    struct fasti_detail detail;
};

/* now: "2026-01-05T07:00:00Z". The engine is open on an empty disk. */
struct engine_world *engine_world_make(uint64_t seed, uint32_t worker_count, const char *now);
/* The same with little memory and small segments: for many short-lived ones. */
struct engine_world *engine_world_make_small(uint64_t seed, uint32_t worker_count, const char *now);
void engine_world_free(struct engine_world *world);

/* Opens the engine on the disk as it is. */
enum fasti_status engine_world_open(struct engine_world *world);
/* The engine's time goes on by so much. */
void engine_world_pass(struct engine_world *world, int64_t ms);
/* Drops the engine as a crash would (nothing more is written). */
void engine_world_crash(struct engine_world *world);
/* Clean stop. */
void engine_world_close(struct engine_world *world);

/* Submits and polls until the answer is there. */
struct fasti_answer engine_world_run(struct engine_world *world, uint32_t worker,
                                     const struct fasti_command *command);

/* Asks for a snapshot, which is written while other commands run; nothing while one is under way.
 */
void engine_world_checkpoint(struct engine_world *world);
/* Polls until it is over, at most so many rounds; false: it is not. */
bool engine_world_checkpoint_wait(struct engine_world *world, uint32_t rounds);

/* Polls all workers until nothing moves any more. */
void engine_world_settle(struct engine_world *world);

struct fasti_hash128 engine_world_digest(struct engine_world *world);

/* A practice in Europe/Berlin: organization "praxis", location "haus", services "visit" (15 min)
 * and "long" (40 min, grid 20), schedule "anna" (resolution 5) open Monday to Friday 08:00-12:00
 * and 13:00-17:00. Ids are all 1 but "long" (2). */
void engine_world_practice(struct engine_world *world);

struct fasti_id_text engine_id(const char *text);
struct fasti_command engine_put(enum fasti_entity_kind kind, uint32_t organization, const char *id);
/* A schedule at "haus"; more: a second service, or NULL. */
struct fasti_command engine_schedule(uint32_t organization, const char *id,
                                     uint8_t resolution_minutes, const char *service,
                                     const char *more);
/* patient is borrowed by the command. */
struct fasti_command engine_book(uint32_t schedule, uint32_t service, const char *start,
                                 const char *patient);
struct fasti_command engine_cancel(uint64_t record);
struct fasti_command engine_block(uint32_t schedule, const char *start, const char *end);
struct fasti_command engine_unblock(uint64_t record);
struct fasti_command engine_availability(uint32_t schedule, uint32_t service, const char *first,
                                         uint16_t days);
struct fasti_opening engine_weekly(const char *id, uint8_t weekdays, const char *start,
                                   const char *end);
int64_t engine_utc_s(const char *instant);

/* Removes a data directory that nobody has open, with what an engine made in it. */
void engine_directory_remove(const char *path);

/* An engine on a real directory, for plain programs: exits 77, saying so, where io_uring is denied,
 * and 1 where it does not open. recovery may be NULL. */
struct fasti_engine *engine_open_or_exit(const char *path, uint32_t worker_count,
                                         uint64_t memory_bytes_max, struct fasti_clock clock,
                                         struct fasti_recovery *recovery);

#endif
