/*
 * linear.c - the search for an order, and the table of a history. See linear.h.
 */
#include "tests/support/linear.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"

/* ---- what was met ---- */

/* A set of 128-bit hashes: open addressing, at most half full; 0, 0 is none. */
struct memory {
    struct fasti_hash128 *slots;
    uint64_t count, capacity; /* a power of two */
};

static bool memory_put(struct memory *memory, struct fasti_hash128 hash) {
    uint64_t at = hash.low & (memory->capacity - 1);
    for (; (memory->slots[at].low | memory->slots[at].high) != 0;
         at = (at + 1) & (memory->capacity - 1))
        if (fasti_hash128_equal(memory->slots[at], hash))
            return false;
    memory->slots[at] = hash;
    memory->count++;
    return true;
}

static void memory_grow(struct memory *memory) {
    struct memory larger = {.capacity = memory->capacity == 0 ? 256 : memory->capacity * 2};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (larger.slots == NULL)
        abort();
    for (uint64_t i = 0; i < memory->capacity; i++)
        if ((memory->slots[i].low | memory->slots[i].high) != 0)
            (void)memory_put(&larger, memory->slots[i]);
    free(memory->slots);
    *memory = larger;
}

/* true: it was not there yet. */
static bool memory_add(struct memory *memory, uint64_t done, const struct linear_state *state) {
    struct {
        uint64_t done;
        struct linear_state state;
    } key;
    memset(&key, 0, sizeof key);
    key.done = done;
    key.state = *state;
    if (memory->count * 2 >= memory->capacity)
        memory_grow(memory);
    return memory_put(memory, fasti_hash128(&key, sizeof key));
}

/* ---- the search ---- */

struct search {
    const struct linear_history *history;
    uint32_t loose;
    uint64_t all;
    uint64_t torn; /* refusals that may be any */
    struct memory memory;
    struct linear_result result;
    uint8_t order[LINEAR_OPS_MAX];
};

static bool search_on(struct search *search, uint64_t done, uint32_t length,
                      const struct linear_state *state);

static void expire(const struct linear_history *history, int64_t now_ms,
                   struct linear_state *state) {
    for (uint32_t r = 0; r < history->record_count; r++)
        if (state->states[r] == FASTI_STATE_HELD && state->expires_ms[r] <= now_ms) {
            state->states[r] = FASTI_STATE_EXPIRED;
            state->expires_ms[r] = 0;
        }
}

/* The clock is part of the state. */
static bool steps_try(struct search *search, uint64_t done, uint32_t length, uint32_t at,
                      const struct linear_state *state) {
    const struct linear_op *op = &search->history->ops[at];
    struct linear_state next = *state;
    if (op->kind == LINEAR_CLOCK) {
        next.clock_ms = op->clock_ms[1];
        expire(search->history, next.clock_ms, &next);
    } else if (!linear_step(search->history, op, next.clock_ms, &next)) {
        return false;
    }
    return search_on(search, done | UINT64_C(1) << at, length + 1, &next);
}

/* Did somebody learn from the op that this hold is over? */
static bool is_told_over(const struct linear_op *op, uint32_t record) {
    const bool tells = op->outcome == FASTI_OUTCOME_EXPIRED ||
                       (op->kind == LINEAR_SHOW && op->told_state == FASTI_STATE_EXPIRED);
    for (uint32_t i = 0; tells && i < op->target_count; i++)
        if (op->targets[i] == record)
            return true;
    return false;
}

/* The op sees as over what ended for certain and, of the doubtful holds, those of the subset. It
 * stays so for everybody where it was told or where the time was taken. */
static bool own_try_one(struct search *search, uint64_t done, uint32_t length, uint32_t at,
                        int64_t now_ms, uint64_t over, const struct linear_state *state) {
    const struct linear_history *history = search->history;
    const struct linear_op *op = &history->ops[at];
    struct linear_state next = *state;
    for (uint32_t r = 0; r < history->record_count; r++)
        if ((over >> r & 1) != 0)
            next.states[r] = FASTI_STATE_EXPIRED, next.expires_ms[r] = 0;
    if (!linear_step(history, op, now_ms, &next))
        return false;
    const bool is_done = fasti_outcome_is_done(op->outcome);
    for (uint32_t r = 0; r < history->record_count; r++) {
        const bool is_told = (search->loose & LINEAR_TOLD_OVER) == 0 && is_told_over(op, r);
        if ((over >> r & 1) == 0 || is_told ||
            (is_done && linear_overlaps(&history->records[r], op)))
            continue;
        next.states[r] = state->states[r];
        next.expires_ms[r] = state->expires_ms[r];
    }
    return search_on(search, done | UINT64_C(1) << at, length + 1, &next);
}

/* At each time that the clock showed meanwhile, with each subset of the holds that ended meanwhile.
 */
static bool own_try(struct search *search, uint64_t done, uint32_t length, uint32_t at,
                    const struct linear_state *state) {
    const struct linear_history *history = search->history;
    const struct linear_op *op = &history->ops[at];
    uint64_t certain = 0, doubtful = 0;
    for (uint32_t r = 0; r < history->record_count; r++) {
        const bool is_held = state->states[r] == FASTI_STATE_HELD;
        if (is_held && state->expires_ms[r] <= op->clock_ms[0])
            certain |= UINT64_C(1) << r;
        else if (is_held && state->expires_ms[r] <= op->clock_ms[1])
            doubtful |= UINT64_C(1) << r;
    }
    for (uint32_t step = 0; step <= history->op_count; step++) {
        int64_t now_ms = op->clock_ms[0];
        if (step < history->op_count) {
            now_ms = history->ops[step].clock_ms[1];
            if (history->ops[step].kind != LINEAR_CLOCK || now_ms <= op->clock_ms[0] ||
                now_ms > op->clock_ms[1])
                continue;
        }
        for (uint64_t subset = doubtful;; subset = (subset - 1) & doubtful) {
            if (own_try_one(search, done, length, at, now_ms, certain | subset, state))
                return true;
            if (subset == 0)
                break;
        }
    }
    return false;
}

/* Everything that was asked for before any of the rest had returned may be next. */
static bool search_on(struct search *search, uint64_t done, uint32_t length,
                      const struct linear_state *state) {
    const struct linear_history *history = search->history;
    struct linear_result *result = &search->result;
    if (length > result->length || length == 0) {
        result->length = length;
        memcpy(result->order, search->order, length);
    }
    if (done == search->all)
        return true;
    if (!memory_add(&search->memory, done, state))
        return false;
    if (++result->nodes > LINEAR_NODES_MAX) {
        result->verdict = LINEAR_TOO_LARGE;
        return false;
    }
    const uint64_t rest = search->all & ~done;
    int64_t horizon = INT64_MAX;
    for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
        const int64_t returned = history->ops[__builtin_ctzll(bits)].returned;
        horizon = returned < horizon ? returned : horizon;
    }
    for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
        const uint32_t at = (uint32_t)__builtin_ctzll(bits);
        if (history->ops[at].invoked > horizon)
            continue;
        search->order[length] = (uint8_t)at;
        if ((search->torn >> at & 1) != 0
                ? search_on(search, done | UINT64_C(1) << at, length + 1, state)
            : (search->loose & LINEAR_OWN_TIME) != 0 ? own_try(search, done, length, at, state)
                                                     : steps_try(search, done, length, at, state))
            return true;
    }
    return false;
}

/* A refusal that rests on more than one cell of the engine's: each is looked at by itself. Where a
 * week has a limit, its days are. */
static bool is_of_several(const struct linear_history *history, const struct linear_op *op) {
    if (fasti_outcome_is_done(op->outcome) || op->kind == LINEAR_CLOCK)
        return false;
    if (op->target_count + op->row_count > 1)
        return true;
    return op->row_count > 0 && op->kind != LINEAR_BLOCK &&
           history->world.schedules[op->rows[0].schedule].week_limit != 0;
}

static bool are_beside(const struct linear_op *op, const struct linear_op *other) {
    return op->invoked <= other->returned && other->invoked <= op->returned;
}

static bool is_beside_change(const struct linear_history *history, const struct linear_op *op) {
    for (uint32_t i = 0; i < history->op_count; i++) {
        const struct linear_op *other = &history->ops[i];
        if (other != op && other->kind != LINEAR_SHOW && fasti_outcome_is_done(other->outcome) &&
            are_beside(op, other))
            return true;
    }
    return false;
}

uint64_t linear_pairs_count(const struct linear_history *history) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < history->op_count; i++)
        for (uint32_t j = 0; j < i; j++)
            count += history->ops[i].kind != LINEAR_CLOCK && history->ops[j].kind != LINEAR_CLOCK &&
                     are_beside(&history->ops[i], &history->ops[j]);
    return count;
}

struct linear_result linear_check(const struct linear_history *history, uint32_t loose) {
    struct search search = {.history = history, .loose = loose};
    const bool has_steps = (loose & LINEAR_OWN_TIME) == 0;
    search.result.verdict = LINEAR_UNEXPLAINED;
    for (uint32_t i = 0; i < history->op_count; i++) {
        const struct linear_op *op = &history->ops[i];
        if (has_steps || op->kind != LINEAR_CLOCK)
            search.all |= UINT64_C(1) << i;
        if ((loose & LINEAR_TORN) != 0 && is_of_several(history, op) &&
            is_beside_change(history, op))
            search.torn |= UINT64_C(1) << i;
    }
    struct linear_state state;
    memset(&state, 0, sizeof state);
    state.clock_ms = has_steps ? history->clock_ms : 0;
    if (search_on(&search, 0, 0, &state))
        search.result.verdict = LINEAR_EXPLAINED;
    free(search.memory.slots);
    return search.result;
}

/* ---- the table ---- */

struct line {
    char text[160];
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void say(struct line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(line->text + line->length, sizeof line->text - line->length, format, arguments);
    va_end(arguments);
    line->length += (size_t)length;
    if (line->length >= sizeof line->text)
        line->length = sizeof line->text - 1;
}

static void say_span(struct line *line, const struct linear_span *span) {
    const uint32_t minute = span->first % LINEAR_DAY_TICKS * 5;
    say(line, " s%u/%u-%02u:%02u+%u", span->schedule, span->first / LINEAR_DAY_TICKS, minute / 60,
        minute % 60, (span->end - span->first) * 5u);
}

static const char *kind_name(enum linear_kind kind) {
    static const char *const names[] = {
        "?",    "book",   "hold",  "confirm", "extend", "release", "move",
        "mark", "cancel", "block", "unblock", "show",   "clock",   "end",
    };
    return kind <= LINEAR_END ? names[kind] : "?";
}

static void say_asked(struct line *line, const struct linear_op *op) {
    say(line, "%s", kind_name(op->kind));
    for (uint32_t i = 0; i < op->target_count; i++)
        say(line, " #%u", op->targets[i]);
    if (op->kind == LINEAR_MARK)
        say(line, " %s", fasti_record_state_name((enum fasti_record_state)op->to_state));
    for (uint32_t i = 0; i < op->row_count; i++)
        say_span(line, &op->rows[i]);
    if (op->seconds != 0)
        say(line, " %us", op->seconds);
    say(line, "%s%s%s", op->is_request ? " request" : "", op->is_apart ? " apart" : "",
        op->is_stranger ? " stranger" : "");
}

static void say_told(struct line *line, const struct linear_history *history,
                     const struct linear_op *op) {
    if (op->kind == LINEAR_CLOCK) {
        say(line, "+%lld s", (long long)(op->clock_ms[1] - history->clock_ms) / 1000);
        return;
    }
    say(line, "%s", fasti_outcome_name(op->outcome));
    for (uint32_t i = 0; i < op->made_count; i++)
        say(line, " #%u", op->made[i]);
    for (uint32_t i = 0; op->row_count > 1 && i < op->row_count; i++)
        say(line, " %s", fasti_outcome_name((enum fasti_outcome)op->row_outcomes[i]));
    if (op->expires_ms != 0)
        say(line, " until +%lld s", (long long)(op->expires_ms - history->clock_ms) / 1000);
    if (op->told_state != 0)
        say(line, " %s", fasti_record_state_name((enum fasti_record_state)op->told_state));
    for (uint32_t r = 0; op->kind == LINEAR_END && r < history->record_count; r++)
        say(line, " #%u %s", r,
            fasti_record_state_name((enum fasti_record_state)op->end_states[r]));
    for (uint32_t i = 0; op->kind == LINEAR_END && i < history->world.start_count; i++)
        say(line, " %s", op->end_free[i] ? "free" : "not");
}

static void row_print(FILE *file, const struct linear_history *history, uint32_t at,
                      int64_t first) {
    const struct linear_op *op = &history->ops[at];
    struct line asked = {.length = 0}, told = {.length = 0};
    say_asked(&asked, op);
    say_told(&told, history, op);
    fprintf(file, "%3u %3u %12lld %12lld %5lld-%-5lld %-52s %s\n", at, op->worker,
            (long long)(op->invoked - first), (long long)(op->returned - first),
            (long long)(op->clock_ms[0] - history->clock_ms) / 1000,
            (long long)(op->clock_ms[1] - history->clock_ms) / 1000, asked.text, told.text);
}

void linear_print(FILE *file, const struct linear_history *history,
                  const struct linear_result *result) {
    bool is_printed[LINEAR_OPS_MAX] = {false};
    int64_t first = 0;
    for (uint32_t s = 0; s < history->world.schedule_count; s++)
        fprintf(file, "s%u: %u at once, %u a day, %u a week (0: no limit)\n", s,
                history->world.schedules[s].capacity, history->world.schedules[s].day_limit,
                history->world.schedules[s].week_limit);
    fprintf(file, " op who      invoked     returned clock, s     asked (sN/day-start+minutes)"
                  "                         told\n");
    for (uint32_t line = 0; line < history->op_count; line++) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < history->op_count; i++)
            if (!is_printed[i] &&
                (next == UINT32_MAX || history->ops[i].invoked < history->ops[next].invoked))
                next = i;
        first = line == 0 ? history->ops[next].invoked : first;
        is_printed[next] = true;
        row_print(file, history, next, first);
    }
    fprintf(file, "%s, %llu states met; longest order:",
            result->verdict == LINEAR_EXPLAINED     ? "explained"
            : result->verdict == LINEAR_UNEXPLAINED ? "not to be explained"
                                                    : "too large",
            (unsigned long long)result->nodes);
    for (uint32_t i = 0; i < result->length; i++)
        fprintf(file, " %u", result->order[i]);
    fprintf(file, "\n");
}
