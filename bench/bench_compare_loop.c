/*
 * bench_compare_loop.c - a closed loop: connections x depth requests on their way, by poll(2).
 *
 *   open what is missing -> refill all -> { poll; take and refill what is readable } -> drain
 *
 * The clock runs from the first request to the last answer; the server's CPU time is read right
 * before and after. It is the same loop for every system, in one thread, so that what the client
 * costs the shared cores differs by the client libraries alone.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench_compare.h"
#include "engine/base/prng.h"
#include "engine/engine.h"

struct loop {
    struct fasti_compare_run *run;
    struct fasti_compare_system *system;
    struct fasti_prng prng; /* of a rush */
    int64_t stop_ns;
    uint64_t answered;
    bool is_over;                      /* nothing more is asked */
    struct fasti_compare_reply *reply; /* large */
};

/* ---- what is asked ---- */

static struct fasti_compare_booking *booked_take(struct fasti_compare_system *system) {
    return system->booked_count == 0 ? NULL : &system->booked[--system->booked_count];
}

/* The next request; false: there is none. */
static bool ask_next(struct loop *loop, struct fasti_compare_ask *ask) {
    const struct fasti_compare_run *run = loop->run;
    struct fasti_compare_system *system = loop->system;
    const struct fasti_compare_model *model = &system->compare->model;
    const uint64_t number = run->bookings != NULL ? run->asked : system->cursor[run->op]++;
    ask->op = run->op;
    ask->number = (uint32_t)(number % FASTI_COMPARE_QUESTIONS);
    if (run->op == FASTI_COMPARE_Q1) {
        ask->agenda = model->agendas[ask->number];
    } else if (run->op == FASTI_COMPARE_Q2 || run->op == FASTI_COMPARE_Q3) {
        ask->search = model->searches[ask->number];
    } else if (run->bookings != NULL) {
        ask->number = (uint32_t)number;
        ask->booking = run->bookings[number];
    } else if (run->op == FASTI_COMPARE_RUSH) {
        ask->booking.wanted = model->bookings[fasti_prng_below(&loop->prng, FASTI_WORKLOAD_HOT)];
    } else if (run->op == FASTI_COMPARE_BOOK) {
        const uint64_t count = model->booking_count - FASTI_WORKLOAD_HOT;
        if (system->booked_count + (run->asked - loop->answered) >= count)
            return false; /* all of it is booked */
        ask->booking.wanted = model->bookings[FASTI_WORKLOAD_HOT + number % count];
    } else {
        const struct fasti_compare_booking *booking = booked_take(system);
        if (booking == NULL)
            return false;
        ask->booking = *booking;
    }
    return true;
}

static bool refill(struct loop *loop, struct fasti_compare_link *link) {
    struct fasti_compare_run *run = loop->run;
    const bool is_late = run->duration_ns != 0 && run->asked >= run->least &&
                         fasti_clock_monotonic_ns() >= loop->stop_ns;
    if (is_late || fasti_compare_is_interrupted())
        loop->is_over = true;
    while (link->free_count > 0 && !loop->is_over) {
        const uint32_t tag = link->free_tags[link->free_count - 1];
        if ((run->limit != 0 && run->asked == run->limit) || !ask_next(loop, &link->asks[tag])) {
            loop->is_over = true;
            break;
        }
        link->free_count--;
        run->asked++;
        if (!link->system->face->send(link, tag))
            return false;
    }
    return link->system->face->flush(link);
}

/* ---- what is answered ---- */

static bool settle(struct loop *loop, struct fasti_compare_link *link) {
    struct fasti_compare_run *run = loop->run;
    struct fasti_compare_system *system = loop->system;
    const struct fasti_compare_reply *reply = loop->reply;
    struct fasti_compare_ask *ask = &link->asks[reply->tag];
    const bool books = run->op == FASTI_COMPARE_BOOK || run->op == FASTI_COMPARE_RUSH;
    link->free_tags[link->free_count++] = reply->tag;
    loop->answered++;
    run->done += reply->is_done;
    run->failed += reply->is_failed;
    run->refused += !reply->is_done && !reply->is_failed;
    if (books && reply->is_done) {
        ask->booking.handle = reply->handle;
        if (run->bookings != NULL)
            run->bookings[ask->number] = ask->booking;
        else
            system->booked[system->booked_count++] = ask->booking;
    }
    return run->verify == NULL || run->verify(run->context, ask, reply);
}

static bool serve(struct loop *loop, struct fasti_compare_link *link) {
    const struct fasti_compare_face *face = link->system->face;
    if (!face->read(link))
        return false;
    int taken;
    while ((taken = face->take(link, loop->reply)) == 1)
        if (!settle(loop, link))
            return false;
    return taken == 0 && (loop->is_over || refill(loop, link));
}

/* ---- the run ---- */

static bool links_open(struct fasti_compare_system *system, uint32_t count) {
    while (system->link_count < count) {
        struct fasti_compare_link *link = &system->links[system->link_count];
        link->system = system;
        if (!system->face->open(link))
            return false;
        system->link_count++;
    }
    return true;
}

static bool wait_and_serve(struct loop *loop, struct pollfd *events) {
    struct fasti_compare_link *links = loop->system->links;
    const struct fasti_compare_run *run = loop->run;
    for (uint32_t i = 0; i < run->connections; i++)
        events[i] = (struct pollfd){.fd = links[i].free_count < run->depth ? links[i].fd : -1,
                                    .events = POLLIN};
    const int ready = poll(events, run->connections, FASTI_COMPARE_ANSWER_S * 1000);
    if (fasti_compare_is_interrupted())
        return false;
    if (ready <= 0) {
        fprintf(stderr, "fasti-bench: %s has not answered for %d s\n", loop->system->face->name,
                FASTI_COMPARE_ANSWER_S);
        return false;
    }
    for (uint32_t i = 0; i < run->connections; i++)
        if (events[i].revents != 0 && !serve(loop, &links[i]))
            return false;
    return true;
}

static bool loop_run(struct loop *loop) {
    struct pollfd events[FASTI_COMPARE_CONNECTIONS_MAX];
    struct fasti_compare_run *run = loop->run;
    for (uint32_t i = 0; i < run->connections; i++) {
        struct fasti_compare_link *link = &loop->system->links[i];
        link->wants_rows = run->verify != NULL;
        link->free_count = run->depth;
        for (uint32_t tag = 0; tag < run->depth; tag++)
            link->free_tags[tag] = tag;
    }
    const int64_t cpu_ns = fasti_compare_cpu_ns(loop->system->pid);
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    loop->stop_ns = begin_ns + run->duration_ns;
    bool is_good = true;
    for (uint32_t i = 0; i < run->connections && is_good; i++)
        is_good = refill(loop, &loop->system->links[i]);
    while (is_good && loop->answered < run->asked)
        is_good = wait_and_serve(loop, events);
    run->elapsed_ns = fasti_clock_monotonic_ns() - begin_ns;
    run->cpu_ns = fasti_compare_cpu_ns(loop->system->pid) - cpu_ns;
    return is_good;
}

bool fasti_compare_loop(struct fasti_compare_run *run) {
    struct loop loop = {
        .run = run,
        .system = run->system,
        .prng = {run->system->cursor[run->op] + 1},
        .reply = calloc(1, sizeof *loop.reply),
    };
    if (loop.reply == NULL)
        abort();
    run->asked = run->done = run->refused = run->failed = 0;
    const bool is_good = links_open(run->system, run->connections) && loop_run(&loop) &&
                         !fasti_compare_is_interrupted();
    free(loop.reply);
    return is_good;
}

bool fasti_compare_clean(struct fasti_compare_system *system) {
    struct fasti_compare_run run = {
        .system = system,
        .op = FASTI_COMPARE_CANCEL,
        .connections = 16,
        .depth = FASTI_COMPARE_DEPTH_MAX,
        .limit = system->booked_count,
    };
    if (system->booked_count == 0)
        return true;
    if (!fasti_compare_loop(&run))
        return false;
    if (run.done != run.limit)
        fprintf(stderr, "fasti-bench: %s: of %" PRIu64 " bookings %" PRIu64 " were cancelled\n",
                system->face->name, run.limit, run.done);
    return run.done == run.limit;
}
