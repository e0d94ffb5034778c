#define _GNU_SOURCE /* MAP_STACK */

#include "mando/task.h"

#include <assert.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/alloc.h"
#include "base/fail.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define WITH_TSAN
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef WITH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* Pages that are touched count; the last one, at the end that is reached last, is out of bounds. */
#define STACK_BYTES ((size_t)256 << 10)
#define GUARD_BYTES ((size_t)64 << 10)

struct mando_task {
    ucontext_t inside, outside;
    char *stack;
    void (*run)(void *context);
    void *context;
    struct mando_task_wait wait;
    bool is_running; /* between start and the end of the function */
    int is_ready;
    void *fake_stack, *fiber, *fiber_outside; /* what sanitizers know a stack by */
    const void *bottom_outside;
    size_t size_outside;
};

/* A sanitizer is told of each change of stacks: inside of the function that changes them, since it counts
 * calls and returns, too. */
#define INLINE static inline __attribute__((always_inline))

INLINE void leave_outside(struct mando_task *task)
{
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(&task->fake_stack, task->stack + GUARD_BYTES, STACK_BYTES);
#endif
#ifdef WITH_TSAN
    task->fiber_outside = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(task->fiber, 0);
#endif
    (void)task;
}

INLINE void enter_outside(struct mando_task *task)
{
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(task->fake_stack, NULL, NULL);
#endif
    (void)task;
}

INLINE void leave_inside(struct mando_task *task, void **fake_stack)
{
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(fake_stack, task->bottom_outside, task->size_outside);
#endif
#ifdef WITH_TSAN
    __tsan_switch_to_fiber(task->fiber_outside, 0);
#endif
    (void)task;
    (void)fake_stack;
}

INLINE void enter_inside(struct mando_task *task, void *fake_stack)
{
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fake_stack, &task->bottom_outside, &task->size_outside);
#endif
    (void)task;
    (void)fake_stack;
}

/* A context takes only ints: the task comes in two halves. */
static void enter(unsigned high, unsigned low)
{
    struct mando_task *task = (struct mando_task *)((uintptr_t)high << 32 | low);
    enter_inside(task, NULL);
    task->run(task->context);
    task->is_running = false;
    leave_inside(task, NULL);
    (void)setcontext(&task->outside);
}

enum mando_status mando_task_new(struct mando_task **task_out, struct mando_error *error)
{
    struct mando_task *task = mando_alloc(1, sizeof *task);
    void *stack = mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (!task || stack == MAP_FAILED || mprotect(stack, GUARD_BYTES, PROT_NONE) != 0) {
        if (stack != MAP_FAILED)
            (void)munmap(stack, STACK_BYTES + GUARD_BYTES);
        mando_free(task);
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a task");
    }
    task->stack = stack;
#ifdef WITH_TSAN
    task->fiber = __tsan_create_fiber(0);
#endif
    *task_out = task;
    return MANDO_OK;
}

void mando_task_free(struct mando_task *task)
{
    if (!task)
        return;
    assert(!task->is_running);
#ifdef WITH_TSAN
    __tsan_destroy_fiber(task->fiber);
#endif
    (void)munmap(task->stack, STACK_BYTES + GUARD_BYTES);
    mando_free(task);
}

void mando_task_start(struct mando_task *task, void (*run)(void *context), void *context)
{
    assert(!task->is_running);
    uintptr_t address = (uintptr_t)task;
    task->run = run;
    task->context = context;
    task->is_running = true;
    (void)getcontext(&task->inside);
    task->inside.uc_stack.ss_sp = task->stack + GUARD_BYTES;
    task->inside.uc_stack.ss_size = STACK_BYTES;
    task->inside.uc_link = NULL; /* it never returns */
    makecontext(&task->inside, (void (*)(void))enter, 2, (unsigned)(address >> 32),
                (unsigned)(address & UINT32_MAX));
}

int mando_task_step(struct mando_task *task, int is_ready, struct mando_task_wait *wait_out)
{
    if (!task->is_running)
        return 0;
    task->is_ready = is_ready;
    leave_outside(task);
    (void)swapcontext(&task->outside, &task->inside);
    enter_outside(task);
    if (task->is_running)
        *wait_out = task->wait;
    return task->is_running;
}

int mando_task_pause(struct mando_task *task, const struct mando_task_wait *wait)
{
    void *fake_stack = NULL;
    task->wait = *wait;
    leave_inside(task, &fake_stack);
    (void)swapcontext(&task->inside, &task->outside);
    enter_inside(task, fake_stack);
    return task->is_ready;
}
