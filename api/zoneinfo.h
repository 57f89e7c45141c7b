/*
 * zoneinfo.h - time zones from the system's zoneinfo directory, by name.
 *
 * The only place where the server reads a file that a client names: the name is checked, and the
 * kernel keeps the path inside the directory (openat2, RESOLVE_BENEATH; links inside are fine).
 * Blocking: a zone is read once in the life of a data directory, then it is in the log.
 */
#ifndef FASTI_API_ZONEINFO_H
#define FASTI_API_ZONEINFO_H

#include "engine/engine.h"

#define FASTI_ZONEINFO_DEFAULT "/usr/share/zoneinfo"

struct fasti_zoneinfo;

/* NULL when there is no memory. A directory that cannot be opened is found out at load. */
struct fasti_zoneinfo *fasti_zoneinfo_open(const char *directory);
void fasti_zoneinfo_close(struct fasti_zoneinfo *zoneinfo);

/* *zone lives in zoneinfo until the next load. INVALID_ZONE with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_zoneinfo_load(struct fasti_zoneinfo *zoneinfo,
                                                     const struct fasti_id_text *name,
                                                     const struct fasti_zone **zone,
                                                     struct fasti_detail *detail);

#endif
