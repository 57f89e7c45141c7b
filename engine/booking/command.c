/*
 * command.c - the vocabulary's names and texts.
 */
#include "engine/booking/command.h"

const char *fasti_outcome_name(enum fasti_outcome outcome) {
    switch (outcome) {
#define OUTCOME_CASE(name, value, done, text) \
    case FASTI_OUTCOME_##name: return #name;
        FASTI_OUTCOME_TABLE(OUTCOME_CASE)
#undef OUTCOME_CASE
    }
    return "?";
}

const char *fasti_outcome_text(enum fasti_outcome outcome) {
    switch (outcome) {
#define OUTCOME_CASE(name, value, done, text) \
    case FASTI_OUTCOME_##name: return text;
        FASTI_OUTCOME_TABLE(OUTCOME_CASE)
#undef OUTCOME_CASE
    }
    return "an outcome that this version does not know";
}

bool fasti_outcome_is_done(enum fasti_outcome outcome) {
    switch (outcome) {
#define OUTCOME_CASE(name, value, done, text) \
    case FASTI_OUTCOME_##name: return done;
        FASTI_OUTCOME_TABLE(OUTCOME_CASE)
#undef OUTCOME_CASE
    }
    return false;
}

const char *fasti_record_state_name(enum fasti_record_state state) {
    switch (state) {
    case FASTI_STATE_BOOKED: return "booked";
    case FASTI_STATE_CANCELLED: return "cancelled";
    case FASTI_STATE_HELD: return "held";
    case FASTI_STATE_PENDING: return "pending";
    case FASTI_STATE_EXPIRED: return "expired";
    case FASTI_STATE_DECLINED: return "declined";
    case FASTI_STATE_ARRIVED: return "arrived";
    case FASTI_STATE_FULFILLED: return "fulfilled";
    case FASTI_STATE_NOSHOW: return "no-show";
    case FASTI_STATE_MOVED: return "moved";
    case FASTI_STATE_RELEASED: return "released";
    }
    return "?";
}

const char *fasti_reason_name(enum fasti_reason reason) {
    switch (reason) {
#define REASON_NAME(name, value, hope, text) \
    case FASTI_REASON_##name: return #name;
        FASTI_REASON_TABLE(REASON_NAME)
#undef REASON_NAME
    }
    return "?";
}
