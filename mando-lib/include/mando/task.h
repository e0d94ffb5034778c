/* mando/task.h: calls that wait where an event loop waits.
 *
 * A task runs a function on a stack of its own. Where a call inside has to wait for a socket, the task stops
 * and tells for what; the loop polls that beside everything else and steps on. No thread is started. What
 * waits so is a database on a server (`wait` in struct mando_service_options), and a call for which all sessions
 * are taken; one in a file or in memory works without stopping.
 *
 *     mando_task_start(task, insert_prices, &work);
 *     for (int is_ready = 0; mando_task_step(task, is_ready, &wait);)
 *         is_ready = loop_poll(wait.fd, wait.events, wait.timeout_ms);
 */
#ifndef MANDO_TASK_H
#define MANDO_TASK_H

#include "mando/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mando_task; /* used by one thread at a time */

/* What a task waits for: events of poll() on a socket, at most so long. */
struct mando_task_wait {
    int fd;         /* -1: only time passes */
    short events;   /* POLLIN, POLLOUT */
    int timeout_ms; /* -1 = for ever */
};

/* *task_out is the caller's, mando_task_free. MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_task_new(struct mando_task **task_out, struct mando_error *error);

/* Not while its function runs. NULL is fine. */
MANDO_API void mando_task_free(struct mando_task *task);

/* Gives the task, which has nothing to do, a function; steps run it. */
MANDO_API void mando_task_start(struct mando_task *task, void (*run)(void *context), void *context);

/* Runs the function until it waits, which fills *wait_out and answers 1, or is over: 0. is_ready: whether what
 * it waited for has happened, rather than the time being over; of no meaning in the first step. */
MANDO_API int mando_task_step(struct mando_task *task, int is_ready,
                              struct mando_task_wait *wait_out);

/* Called inside of the function: stops the task; answers is_ready of the next step. */
MANDO_API int mando_task_pause(struct mando_task *task, const struct mando_task_wait *wait);

#ifdef __cplusplus
}
#endif

#endif
