/*
 * names_make.h - an index of names from the directory, and its end.
 *
 * Threading: under the configuration lock; what is made is private until it is published.
 */
#ifndef FASTI_SEARCH_NAMES_MAKE_H
#define FASTI_SEARCH_NAMES_MAKE_H

#include "engine/search/names.h"

#define FASTI_NAMES_PARTS 6 /* pointers of an index: the limbo needs room for so many */

/* The name that is published; *organization is whose. */
const struct fasti_name_text *fasti_names_of(const struct fasti_directory *directory, uint32_t kind,
                                             uint32_t id, uint32_t *organization);

/* What is the same as in `before` (NULL: there is none) is taken from there. NULL: no memory. */
struct fasti_names_index *fasti_names_make(const struct fasti_directory *directory,
                                           const struct fasti_names_index *before);

/* At once; NULL: nothing. */
void fasti_names_free(struct fasti_names_index *index);
/* When nobody can read it any more. The limbo has room for FASTI_NAMES_PARTS. */
void fasti_names_retire(struct fasti_names_index *index, struct fasti_limbo *limbo);

#endif
