#include "service/copy_plan.h"

#include "base/fail.h"

#define SPANS_MAX 4096

static struct copy_span *span_at(const struct copy_plan *plan, size_t i)
{
    return &((struct copy_span *)plan->spans.items)[i];
}

static void join_spans(struct copy_plan *plan)
{
    size_t count = plan->spans.count / 2;
    for (size_t i = 0; i < count; i++) {
        *span_at(plan, i) = *span_at(plan, 2 * i + 1);
        span_at(plan, i)->changes += span_at(plan, 2 * i)->changes;
        span_at(plan, i)->parts += span_at(plan, 2 * i)->parts;
    }
    plan->spans.count = count;
    plan->changes_each *= 2;
}

static enum mando_status add_change(struct copy_plan *plan, int64_t change_us)
{
    const struct copy_span span = {.last_us = change_us, .changes = 1};
    size_t count = plan->spans.count;
    if (count == SPANS_MAX && span_at(plan, count - 1)->changes == plan->changes_each) {
        join_spans(plan);
        count = plan->spans.count;
    }
    if (count == 0 || span_at(plan, count - 1)->changes == plan->changes_each)
        return mando_vector_push(&plan->spans, &span) ? mando_fail(
                   plan->error, MANDO_E_MEMORY, -1, "there is no memory for the plan of a copy")
                                                      : MANDO_OK;
    span_at(plan, count - 1)->last_us = change_us;
    span_at(plan, count - 1)->changes++;
    return MANDO_OK;
}

/* The span that a time after the plan's beginning and not after its end falls into. */
static struct copy_span *find_span(const struct copy_plan *plan, int64_t change_us)
{
    size_t low = 0, high = plan->spans.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (span_at(plan, middle)->last_us < change_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->spans.count ? span_at(plan, low) : NULL;
}

static enum mando_status take(void *context, const struct mando_change *change)
{
    struct copy_plan *plan = context;
    bool is_change = change->author != NULL;
    uint64_t parts = is_change + change->versions + change->configurations + change->records;
    if (change->change_us > plan->until_us)
        return MANDO_OK;
    if (change->change_us <= plan->after_us) {
        plan->parts_before += parts;
        return MANDO_OK;
    }
    enum mando_status status = is_change ? add_change(plan, change->change_us) : MANDO_OK;
    struct copy_span *span = status ? NULL : find_span(plan, change->change_us);
    if (span)
        span->parts += parts;
    plan->parts += parts;
    return status;
}

enum mando_status copy_plan_read(struct copy_plan *plan, struct mando_session *session,
                                 int64_t after_us, int64_t until_us, struct mando_error *error)
{
    *plan = (struct copy_plan){
        .changes_each = 1, .after_us = after_us, .until_us = until_us, .error = error};
    mando_vector_init(&plan->spans, sizeof(struct copy_span), SPANS_MAX);
    return session->repository->ops->changes_scan(session, NULL, take, plan, error);
}

void copy_plan_release(struct copy_plan *plan)
{
    mando_vector_release(&plan->spans);
}

bool copy_plan_next(struct copy_plan *plan, uint64_t parts_max, int64_t *last_us_out)
{
    if (plan->at == plan->spans.count)
        return false;
    uint64_t parts = 0;
    while (plan->at < plan->spans.count && parts < parts_max) {
        const struct copy_span *span = span_at(plan, plan->at++);
        parts += span->parts;
        *last_us_out = span->last_us;
    }
    return true;
}
