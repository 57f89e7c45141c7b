/*
 * status.c - names, sentences and classes of fasti_status, generated from its one table.
 */
#include "engine/base/status.h"

const char *fasti_status_name(enum fasti_status status) {
    switch (status) {
#define FASTI_STATUS_CASE(name, value, class, text) \
    case FASTI_##name: return #name;
        FASTI_STATUS_TABLE(FASTI_STATUS_CASE)
#undef FASTI_STATUS_CASE
    }
    return "?";
}

const char *fasti_status_text(enum fasti_status status) {
    switch (status) {
#define FASTI_STATUS_CASE(name, value, class, text) \
    case FASTI_##name: return text;
        FASTI_STATUS_TABLE(FASTI_STATUS_CASE)
#undef FASTI_STATUS_CASE
    }
    return "a status that this version does not know";
}

enum fasti_status_class fasti_status_class(enum fasti_status status) {
    switch (status) {
#define FASTI_STATUS_CASE(name, value, class, text) \
    case FASTI_##name: return FASTI_CLASS_##class;
        FASTI_STATUS_TABLE(FASTI_STATUS_CASE)
#undef FASTI_STATUS_CASE
    }
    return FASTI_CLASS_INVALID;
}
