/*
 * names_find.h - who is called so, and where? Names of one organization.
 *
 *   text --fold--> words --the rarest--> range of postings, changes --all words--> the first rows
 *
 * What begins with the rarest word is looked at, name by name. Never writes. What is not durable
 * yet may be shown: of a name when the edit is answered, at the latest, of a place at once.
 */
#ifndef FASTI_SEARCH_NAMES_FIND_H
#define FASTI_SEARCH_NAMES_FIND_H

#include "engine/booking/command.h"
#include "engine/search/names.h"

struct fasti_names_find;

/* One a worker. NULL: no memory. */
struct fasti_names_find *fasti_names_find_create(void);
void fasti_names_find_destroy(struct fasti_names_find *find);

/* *answer is the worker's own until its next one. INVALID_REFERENCE (no organization),
 * INVALID_TEXT (not UTF-8, no word), INVALID_RANGE, LIMIT_MESSAGE (too many names to look at) with
 * a sentence; LIMIT_MEMORY. The caller is online in the epoch. */
FASTI_MUST_USE enum fasti_status
fasti_names_find_run(struct fasti_names_find *find, const struct fasti_names_store *store,
                     const struct fasti_directory *directory, fasti_organization_id organization,
                     const struct fasti_names_query *query,
                     const struct fasti_names_answer **answer, struct fasti_detail *detail);

#endif
