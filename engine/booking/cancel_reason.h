/*
 * cancel_reason.h - why an appointment was cancelled: the codes of FHIR.
 *
 * Those of FHIR R4's code system
 * http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason in its published order.
 * FHIR gives them no numbers; ours are the disk's and the wire's and never change: a code that FHIR
 * adds gets the next one. The texts are ours. 0: no reason is given. Logs of before the codes may
 * have other numbers; they replay and are told as they are. Pure functions, any thread.
 */
#ifndef FASTI_BOOKING_CANCEL_REASON_H
#define FASTI_BOOKING_CANCEL_REASON_H

#include <stdbool.h>
#include <stdint.h>

/* name, number, FHIR's code, a text for people */
#define FASTI_CANCEL_REASON_TABLE(X)                                         \
    X(PAT, 1, "pat", "the patient's side")                                   \
    X(PAT_CRS, 2, "pat-crs", "the patient, answering a reminder")            \
    X(PAT_CPP, 3, "pat-cpp", "the patient, in the patient portal")           \
    X(PAT_DEC, 4, "pat-dec", "the patient has died")                         \
    X(PAT_FB, 5, "pat-fb", "the patient feels better")                       \
    X(PAT_LT, 6, "pat-lt", "the patient has no transport")                   \
    X(PAT_MT, 7, "pat-mt", "the patient's membership has ended")             \
    X(PAT_MV, 8, "pat-mv", "the patient has moved away")                     \
    X(PAT_PREG, 9, "pat-preg", "the patient is pregnant")                    \
    X(PAT_SWL, 10, "pat-swl", "the patient got a time from the wait list")   \
    X(PAT_UCP, 11, "pat-ucp", "the patient is unhappy or goes elsewhere")    \
    X(PROV, 12, "prov", "the provider's side")                               \
    X(PROV_PERS, 13, "prov-pers", "the provider, for personal reasons")      \
    X(PROV_DCH, 14, "prov-dch", "the patient was discharged")                \
    X(PROV_EDU, 15, "prov-edu", "the provider has a course or a meeting")    \
    X(PROV_HOSP, 16, "prov-hosp", "the patient is in hospital")              \
    X(PROV_LABS, 17, "prov-labs", "laboratory values forbid it")             \
    X(PROV_MRI, 18, "prov-mri", "the MRI screening form forbids it")         \
    X(PROV_ONC, 19, "prov-onc", "the oncology treatment plan has changed")   \
    X(MAINT, 20, "maint", "equipment is being maintained or repaired")       \
    X(MEDS_INC, 21, "meds-inc", "preparation or medication is incomplete")   \
    X(OTHER, 22, "other", "something else")                                  \
    X(OTH_CMS, 23, "oth-cms", "therapy beyond the payer's cap (CMS)")        \
    X(OTH_ERR, 24, "oth-err", "an error")                                    \
    X(OTH_FIN, 25, "oth-fin", "money")                                       \
    X(OTH_IV, 26, "oth-iv", "the IV access is bad or has infiltrated")       \
    X(OTH_INT, 27, "oth-int", "there is no interpreter")                     \
    X(OTH_MU, 28, "oth-mu", "preparation, medication or results are absent") \
    X(OTH_ROOM, 29, "oth-room", "a room or resource is being maintained")    \
    X(OTH_OERR, 30, "oth-oerr", "the order was scheduled wrongly")           \
    X(OTH_SWIE, 31, "oth-swie", "a walk-in was entered by mistake")          \
    X(OTH_WEATH, 32, "oth-weath", "the weather")

/* Disk and wire values: never renumbered. */
enum fasti_cancel_reason {
    FASTI_CANCEL_REASON_NONE = 0,
#define FASTI_CANCEL_REASON_ENUM(name, number, code, text) FASTI_CANCEL_REASON_##name = number,
    FASTI_CANCEL_REASON_TABLE(FASTI_CANCEL_REASON_ENUM)
#undef FASTI_CANCEL_REASON_ENUM
};
#define FASTI_CANCEL_REASON_LAST FASTI_CANCEL_REASON_OTH_WEATH

/* FHIR's code; NULL where the number has none: 0, and what is in no table. */
const char *fasti_cancel_reason_code(uint8_t reason);

/* The number of a code, byte for byte; false (and *reason untouched) when there is no such code. */
bool fasti_cancel_reason_find(const char *code, uint8_t *reason);

/* May a command give this number? None, or one of the table. */
static inline bool fasti_cancel_reason_is_known(uint8_t reason) {
    return reason <= FASTI_CANCEL_REASON_LAST;
}

#endif
