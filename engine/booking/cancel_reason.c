/*
 * cancel_reason.c - the table of FHIR's cancellation reasons, looked up both ways.
 *
 * The numbers have no gaps: they are the places of an array.
 */
#include "engine/booking/cancel_reason.h"

#include <string.h>

static const char *const codes[FASTI_CANCEL_REASON_LAST + 1] = {
#define CANCEL_REASON_ROW(name, number, code, text) [number] = (code),
    FASTI_CANCEL_REASON_TABLE(CANCEL_REASON_ROW)
#undef CANCEL_REASON_ROW
};

#define CANCEL_REASON_ONE(name, number, code, text) +1
_Static_assert(FASTI_CANCEL_REASON_TABLE(CANCEL_REASON_ONE) == FASTI_CANCEL_REASON_LAST,
               "no gaps: each number up to the last has its row");
#undef CANCEL_REASON_ONE

const char *fasti_cancel_reason_code(uint8_t reason) {
    return fasti_cancel_reason_is_known(reason) ? codes[reason] : NULL;
}

bool fasti_cancel_reason_find(const char *code, uint8_t *reason) {
    for (uint32_t i = 1; i <= FASTI_CANCEL_REASON_LAST; i++)
        if (strcmp(codes[i], code) == 0) {
            *reason = (uint8_t)i;
            return true;
        }
    return false;
}
