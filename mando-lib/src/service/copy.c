/* Everything of one database into another, change by change. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "mando/time.h"
#include "service/copy_plan.h"
#include "service/fingerprint.h"
#include "service/service.h"

/* Parts of a transaction: what is lost when a copy is killed. A store without an index of changes is read
 * whole for each, so that they are few where it is large. */
#define PARTS_MIN 100000
#define TRANSACTIONS_USUAL 8

/* How often the caller hears of it. */
#define PROGRESS_PARTS 4096

struct copy {
    const struct mando_copy_options *options;
    struct mando_session *from, *to;
    struct copy_plan plan;
    uint64_t done, all; /* parts, each copied once and read twice */
    struct mando_error *error;
};

static void release(struct copy *copy)
{
    copy_plan_release(&copy->plan);
    mando_session_give(copy->from);
    mando_session_give(copy->to);
}

static const struct mando_repository_ops *ops_of(const struct mando_session *session)
{
    return session->repository->ops;
}

static enum mando_status step(void *context)
{
    struct copy *copy = context;
    const struct mando_copy_options *options = copy->options;
    if (copy->done++ % PROGRESS_PARTS || !options->progress
        || !options->progress(options->progress_context, copy->done, copy->all))
        return MANDO_OK;
    return mando_fail(copy->error, MANDO_E_CANCELLED, -1, "the caller stopped the copy");
}

static enum mando_status fail_target(struct copy *copy, int64_t newest_us, uint64_t changes)
{
    char newest[MANDO_TIME_TEXT_SIZE];
    mando_time_format(newest_us, newest);
    return mando_fail(copy->error, MANDO_E_COPY_TARGET, -1,
                      "the target holds other changes than the first ones of what is to be copied, "
                      "%" PRIu64 " up to %s: it must be empty or a part of the same copy",
                      changes, newest);
}

/* What a target holds must be what the source held at its newest change: the chain of the audit tells. */
static enum mando_status check_target(struct copy *copy, int64_t newest_us)
{
    const unsigned kinds = MANDO_PART_CHANGE | MANDO_PART_RECORD;
    struct fingerprint source MANDO_CLEANUP(fingerprint_release) = {0};
    struct fingerprint target MANDO_CLEANUP(fingerprint_release) = {0};
    if (newest_us == 0)
        return MANDO_OK;
    enum mando_status status =
        fingerprint_read(copy->from, newest_us, kinds, NULL, NULL, &source, copy->error);
    if (!status)
        status = fingerprint_read(copy->to, newest_us, kinds, NULL, NULL, &target, copy->error);
    if (!status && fingerprint_compare(&source, &target, NULL))
        status = fail_target(copy, newest_us, target.changes.count);
    return status;
}

static enum mando_status take(void *context, const struct mando_part *part)
{
    struct copy *copy = context;
    enum mando_status status = ops_of(copy->to)->restore(copy->to, part, copy->error);
    return status ? status : step(copy);
}

/* One transaction. */
static enum mando_status copy_range(struct copy *copy, const struct mando_change_range *range)
{
    const struct mando_repository_ops *to = ops_of(copy->to);
    struct mando_written written;
    enum mando_status status = to->restore_begin(copy->to, range->after_us, copy->error);
    if (status)
        return status;
    status =
        ops_of(copy->from)->parts_scan(copy->from, range, MANDO_PARTS_ALL, take, copy, copy->error);
    if (!status)
        return to->commit(copy->to, &written, copy->error);
    to->rollback(copy->to);
    return status;
}

static enum mando_status copy_all(struct copy *copy)
{
    uint64_t parts_max = copy->options->parts_max;
    if (!parts_max) {
        parts_max = (copy->plan.parts + copy->plan.parts_before) / TRANSACTIONS_USUAL;
        parts_max = parts_max < PARTS_MIN ? PARTS_MIN : parts_max;
    }
    struct mando_change_range range = {copy->plan.after_us, copy->plan.after_us};
    enum mando_status status = MANDO_OK;
    while (!status && copy_plan_next(&copy->plan, parts_max, &range.until_us)) {
        status = copy_range(copy, &range);
        range.after_us = range.until_us;
    }
    return status;
}

static enum mando_status verify(struct copy *copy, struct mando_copied *copied)
{
    int64_t until_us = copy->plan.until_us;
    struct fingerprint source MANDO_CLEANUP(fingerprint_release) = {0};
    struct fingerprint target MANDO_CLEANUP(fingerprint_release) = {0};
    struct fingerprint_sum sum;
    enum mando_status status =
        fingerprint_read(copy->from, until_us, MANDO_PARTS_ALL, step, copy, &source, copy->error);
    if (!status)
        status =
            fingerprint_read(copy->to, until_us, MANDO_PARTS_ALL, step, copy, &target, copy->error);
    if (!status)
        status = fingerprint_compare(&source, &target, copy->error);
    if (!status)
        status = fingerprint_sum(&target, &sum, copy->error);
    if (status)
        return status;
    copied->changes = target.changes.count;
    copied->points = target.points.count;
    copied->configurations = sum.configurations;
    copied->versions = sum.versions;
    copied->records = sum.records;
    memcpy(copied->hash, sum.hash, sizeof copied->hash);
    return MANDO_OK;
}

static uint64_t changes_of(const struct copy_plan *plan)
{
    uint64_t changes = 0;
    for (size_t i = 0; i < plan->spans.count; i++)
        changes += ((const struct copy_span *)plan->spans.items)[i].changes;
    return changes;
}

static enum mando_status run(struct copy *copy, struct mando_copied *copied_out)
{
    int64_t source_us, target_us;
    enum mando_status status = ops_of(copy->from)->version(copy->from, &source_us, copy->error);
    if (!status)
        status = ops_of(copy->to)->version(copy->to, &target_us, copy->error);
    if (!status)
        status = check_target(copy, target_us);
    if (!status)
        status = copy_plan_read(&copy->plan, copy->from, target_us, source_us, copy->error);
    if (status)
        return status;
    struct mando_copied copied = {.stored = changes_of(&copy->plan), .change_us = source_us};
    copy->all = 3 * copy->plan.parts + 2 * copy->plan.parts_before;
    status = copy_all(copy);
    if (!status)
        status = verify(copy, &copied);
    if (!status)
        *copied_out = copied;
    return status;
}

enum mando_status mando_service_copy(struct mando_service *from, struct mando_service *to,
                                     const struct mando_copy_options *options,
                                     struct mando_copied *copied_out, struct mando_error *error)
{
    static const struct mando_copy_options DEFAULT = {0};
    struct copy copy MANDO_CLEANUP(release) = {.options = options ? options : &DEFAULT,
                                               .error = error};
    mando_vector_init(&copy.plan.spans, sizeof(struct copy_span), 0);
    enum mando_status status = mando_session_take(from->repository, &copy.from, error);
    if (!status)
        status = mando_session_take(to->repository, &copy.to, error);
    return status ? status : run(&copy, copied_out);
}
