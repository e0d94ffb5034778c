#include "base/clock.h"

#include <time.h>

static struct timespec now(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

int64_t mando_clock_ms(void)
{
    struct timespec time = now();
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

double mando_clock_us(void)
{
    struct timespec time = now();
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

void mando_clock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

bool mando_clock_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t end_ms)
{
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000};
    return pthread_cond_timedwait(cond, mutex, &end) == 0;
}
