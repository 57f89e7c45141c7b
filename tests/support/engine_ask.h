/*
 * engine_ask.h - every question to an engine that was recovered from a log of unknown origin.
 */
#ifndef FASTI_TESTS_SUPPORT_ENGINE_ASK_H
#define FASTI_TESTS_SUPPORT_ENGINE_ASK_H

#include "engine/engine.h"

/* Opens the disk's log, which replays to this digest; describes, lists, shows and searches what is
 * there, books and cancels, stops, and opens once more. Asserts what holds whatever the log says:
 * a first start that is offered can be booked, and the state survives the stop. */
void engine_ask_all(struct fasti_sim_disk *disk, struct fasti_hash128 digest);

#endif
