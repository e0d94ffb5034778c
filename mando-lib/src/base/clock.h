/* base/clock.h: the time that only goes forward, for waiting and for measuring; not the time of day. */
#ifndef MANDO_BASE_CLOCK_H
#define MANDO_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

int64_t mando_clock_ms(void);
double mando_clock_us(void);

/* For waits by this clock. */
void mando_clock_cond_init(pthread_cond_t *cond);

/* Waits for a signal until end_ms, or less; false where that time has come. */
bool mando_clock_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t end_ms);

#endif
