/*
 * canary_race.c - two threads race on purpose: ThreadSanitizer must stop this program.
 *
 * Built and run in the tsan preset only, where ctest expects it to fail (WILL_FAIL).
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

/* volatile: one access each could meet so exactly that even ThreadSanitizer misses it. */
static volatile uint64_t shared_count;
static pthread_barrier_t start;

static void *count_up(void *unused) {
    (void)unused;
    (void)pthread_barrier_wait(&start);
    for (int i = 0; i < 100000; i++)
        shared_count++;
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    if (pthread_barrier_init(&start, NULL, 2) != 0)
        return 0; /* a success is what ctest takes for a failure here */
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, count_up, NULL) != 0)
            return 0;
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    printf("counted %llu without a complaint\n", (unsigned long long)shared_count);
    return 0;
}
