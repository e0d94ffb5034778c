#include "service/fingerprint.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "repo/record.h"
#include "repo/store.h"

#define BUFFER_BYTES 4096

/* Bytes on their way into a hash. */
struct hasher {
    EVP_MD_CTX *digest;
    size_t used;
    bool has_failed;
    unsigned char buffer[BUFFER_BYTES];
};

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to compare a copy");
}

static void hasher_init(struct hasher *hasher)
{
    hasher->digest = EVP_MD_CTX_new();
    hasher->used = 0;
    hasher->has_failed = !hasher->digest;
}

static void hasher_begin(struct hasher *hasher)
{
    if (!hasher->has_failed && !EVP_DigestInit_ex(hasher->digest, EVP_sha256(), NULL))
        hasher->has_failed = true;
}

static void update(struct hasher *hasher, const void *bytes, size_t size)
{
    if (!hasher->has_failed && !EVP_DigestUpdate(hasher->digest, bytes, size))
        hasher->has_failed = true;
}

static void flush(struct hasher *hasher)
{
    update(hasher, hasher->buffer, hasher->used);
    hasher->used = 0;
}

static void add_bytes(struct hasher *hasher, const void *bytes, size_t size)
{
    if (size > sizeof hasher->buffer - hasher->used)
        flush(hasher);
    if (size > sizeof hasher->buffer) {
        update(hasher, bytes, size);
    } else if (size > 0) {
        memcpy(hasher->buffer + hasher->used, bytes, size);
        hasher->used += size;
    }
}

static void add_int(struct hasher *hasher, int64_t value)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)((uint64_t)value >> 8 * i);
    add_bytes(hasher, bytes, sizeof bytes);
}

static void add_text(struct hasher *hasher, const char *text, size_t length)
{
    add_int(hasher, text ? (int64_t)length : -1);
    if (text)
        add_bytes(hasher, text, length);
}

static void add_string(struct hasher *hasher, const char *text)
{
    add_text(hasher, text, text ? strlen(text) : 0);
}

static void hasher_end(struct hasher *hasher, unsigned char hash_out[FINGERPRINT_BYTES])
{
    flush(hasher);
    if (!hasher->has_failed && !EVP_DigestFinal_ex(hasher->digest, hash_out, NULL))
        hasher->has_failed = true;
}

static void add_change(struct hasher *hasher, const struct mando_change *change)
{
    add_int(hasher, change->change_us);
    add_string(hasher, change->author);
    add_string(hasher, change->reason);
}

static void add_configuration(struct hasher *hasher, const struct mando_config *config)
{
    const struct mando_point *point = &config->point;
    add_int(hasher, point->type);
    add_int(hasher, point->width);
    add_int(hasher, config->knowledge_us);
    add_int(hasher, config->change_us);
    add_string(hasher, point->unit);
    add_string(hasher, point->time_zone);
    add_int(hasher, point->aggregation);
    add_int(hasher, point->resolution.months);
    add_int(hasher, point->resolution.days);
    add_int(hasher, point->resolution.time_us);
    add_string(hasher, point->document);
}

static void add_version(struct hasher *hasher, const struct mando_version *version)
{
    int64_t bits;
    memcpy(&bits, &version->number, sizeof bits);
    add_int(hasher, version->start_us);
    add_int(hasher, version->end_us);
    add_int(hasher, version->knowledge_us);
    add_int(hasher, version->change_us);
    add_int(hasher, (version->deleted ? 2 : 0) + (version->present ? 1 : 0));
    add_int(hasher, version->present ? bits : 0);
    add_text(hasher, version->size ? version->bytes : "", version->size);
}

static void add_record(struct hasher *hasher, const struct mando_record_kind *kind,
                       const struct mando_record *record)
{
    add_int(hasher, record->change_us);
    add_int(hasher, record->row);
    for (size_t i = 0; i < kind->column_count; i++) {
        const struct mando_record_value *value = &record->values[i];
        if (value->is_null)
            add_text(hasher, NULL, 0);
        else if (kind->columns[i].type == MANDO_COLUMN_TEXT)
            add_text(hasher, value->length ? value->text : "", value->length);
        else {
            add_int(hasher, sizeof value->integer);
            add_int(hasher, value->integer);
        }
    }
}

/* What follows each other of one kind and place goes into one hash. */
struct reading {
    struct fingerprint *fingerprint;
    struct hasher hasher;
    enum mando_part_kind kind; /* 0: nothing was read */
    size_t place;              /* of the data point or kind of records */
    fingerprint_step *step;
    void *context;
    struct mando_error *error;
};

static struct fingerprint_point *point_at(const struct fingerprint *fingerprint, size_t i)
{
    return &((struct fingerprint_point *)fingerprint->points.items)[i];
}

static struct fingerprint_digest *digest_of(const struct reading *reading)
{
    struct fingerprint *fingerprint = reading->fingerprint;
    switch (reading->kind) {
    case MANDO_PART_CONFIGURATION:
        return &point_at(fingerprint, reading->place)->configurations;
    case MANDO_PART_VERSION:
        return &point_at(fingerprint, reading->place)->versions;
    case MANDO_PART_RECORD:
        return &fingerprint->records[reading->place];
    case MANDO_PART_CHANGE:
        break;
    }
    return &fingerprint->changes;
}

static enum mando_status add_point(struct fingerprint *fingerprint, const char *id,
                                   struct mando_error *error)
{
    size_t size = strlen(id) + 1;
    char *copy = mando_arena_alloc(&fingerprint->ids, size, 1);
    const struct fingerprint_point point = {.id = copy};
    if (!copy)
        return fail_memory(error);
    memcpy(copy, id, size);
    return mando_vector_push(&fingerprint->points, &point) ? fail_memory(error) : MANDO_OK;
}

static enum mando_status place_configuration(struct reading *reading, const char *id,
                                             size_t *place_out)
{
    struct fingerprint *fingerprint = reading->fingerprint;
    size_t count = fingerprint->points.count;
    bool is_new = count == 0 || strcmp(point_at(fingerprint, count - 1)->id, id) != 0;
    enum mando_status status = is_new ? add_point(fingerprint, id, reading->error) : MANDO_OK;
    *place_out = fingerprint->points.count - 1;
    return status;
}

/* Data points come in the order of their configurations; one that has none is a point of its own. */
static enum mando_status place_version(const struct reading *reading, const char *id,
                                       size_t *place_out)
{
    const struct fingerprint *fingerprint = reading->fingerprint;
    size_t place = reading->kind == MANDO_PART_VERSION ? reading->place : 0;
    while (place < fingerprint->points.count && strcmp(point_at(fingerprint, place)->id, id) != 0)
        place++;
    *place_out = place;
    return place < fingerprint->points.count
               ? MANDO_OK
               : mando_fail_at(reading->error, MANDO_E_DB_CORRUPT, id, 0, 0,
                               "the data point %.160s has values from before it was configured",
                               id);
}

static size_t place_record(const struct mando_record_kind *kind)
{
    size_t place = 0;
    while (mando_record_kind_at(place) != kind)
        place++;
    assert(place < FINGERPRINT_KINDS_MAX);
    return place;
}

static enum mando_status place_of(struct reading *reading, const struct mando_part *part,
                                  size_t *place_out)
{
    *place_out = 0;
    switch (part->kind) {
    case MANDO_PART_CONFIGURATION:
        return place_configuration(reading, part->configuration->point.id, place_out);
    case MANDO_PART_VERSION:
        return place_version(reading, part->id, place_out);
    case MANDO_PART_RECORD:
        *place_out = place_record(part->record_kind);
        return MANDO_OK;
    case MANDO_PART_CHANGE:
        break;
    }
    return MANDO_OK;
}

static void add_part(struct hasher *hasher, const struct mando_part *part)
{
    switch (part->kind) {
    case MANDO_PART_CHANGE:
        add_change(hasher, part->change);
        break;
    case MANDO_PART_CONFIGURATION:
        add_configuration(hasher, part->configuration);
        break;
    case MANDO_PART_VERSION:
        add_version(hasher, part->version);
        break;
    case MANDO_PART_RECORD:
        add_record(hasher, part->record_kind, part->record);
        break;
    }
}

static void end_digest(struct reading *reading)
{
    if (reading->kind)
        hasher_end(&reading->hasher, digest_of(reading)->hash);
}

static enum mando_status take(void *context, const struct mando_part *part)
{
    struct reading *reading = context;
    size_t place;
    enum mando_status status = place_of(reading, part, &place);
    if (status)
        return status;
    if (part->kind != reading->kind || place != reading->place) {
        end_digest(reading);
        hasher_begin(&reading->hasher);
        reading->kind = part->kind;
        reading->place = place;
    }
    add_part(&reading->hasher, part);
    digest_of(reading)->count++;
    return reading->step ? reading->step(reading->context) : MANDO_OK;
}

enum mando_status fingerprint_read(struct mando_session *session, int64_t until_us, unsigned kinds,
                                   fingerprint_step *step, void *context, struct fingerprint *out,
                                   struct mando_error *error)
{
    const struct mando_change_range range = {INT64_MIN, until_us};
    struct reading reading = {.fingerprint = out, .step = step, .context = context, .error = error};
    mando_vector_init(&out->points, sizeof(struct fingerprint_point), SIZE_MAX);
    hasher_init(&reading.hasher);
    enum mando_status status =
        session->repository->ops->parts_scan(session, &range, kinds, take, &reading, error);
    if (!status)
        end_digest(&reading);
    EVP_MD_CTX_free(reading.hasher.digest);
    return !status && reading.hasher.has_failed ? fail_memory(error) : status;
}

void fingerprint_release(struct fingerprint *fingerprint)
{
    mando_vector_release(&fingerprint->points);
    mando_arena_release(&fingerprint->ids);
}

/* `of` ends the words that name what is compared: "values of Market/Price". */
static enum mando_status compare(const struct fingerprint_digest *source,
                                 const struct fingerprint_digest *copy, const char *what,
                                 const char *of, struct mando_error *error)
{
    if (source->count != copy->count)
        return mando_fail_at(error, MANDO_E_COPY_DIFFERS, of, 0, 0,
                             "the copy has %" PRIu64 " %s %.120s, what it was made from %" PRIu64,
                             copy->count, what, of, source->count);
    if (memcmp(source->hash, copy->hash, sizeof source->hash) != 0)
        return mando_fail_at(error, MANDO_E_COPY_DIFFERS, of, 0, 0,
                             "the %" PRIu64 " %s %.120s are not the same in the copy as in what "
                             "it was made from",
                             source->count, what, of);
    return MANDO_OK;
}

static enum mando_status fail_point(const char *id, const char *where, struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_COPY_DIFFERS, id, 0, 0,
                         "the data point %.120s is in %s alone", id, where);
}

static enum mando_status compare_points(const struct fingerprint *source,
                                        const struct fingerprint *copy, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; !status && (i < source->points.count || i < copy->points.count); i++) {
        const struct fingerprint_point *a = i < source->points.count ? point_at(source, i) : NULL;
        const struct fingerprint_point *b = i < copy->points.count ? point_at(copy, i) : NULL;
        int order = !a ? 1 : !b ? -1 : strcmp(a->id, b->id);
        if (order < 0)
            return fail_point(a->id, "what the copy was made from", error);
        if (order > 0)
            return fail_point(b->id, "the copy", error);
        status = compare(&a->configurations, &b->configurations, "configurations of", a->id, error);
        if (!status)
            status = compare(&a->versions, &b->versions, "values of", a->id, error);
    }
    return status;
}

enum mando_status fingerprint_compare(const struct fingerprint *source,
                                      const struct fingerprint *copy, struct mando_error *error)
{
    const struct mando_record_kind *kind;
    enum mando_status status = compare_points(source, copy, error);
    if (!status)
        status = compare(&source->changes, &copy->changes, "changes in", "all", error);
    for (size_t i = 0; !status && (kind = mando_record_kind_at(i)); i++)
        status = compare(&source->records[i], &copy->records[i], "records of the kind", kind->name,
                         error);
    return status;
}

static void add_digest(struct hasher *hasher, const struct fingerprint_digest *digest)
{
    add_int(hasher, (int64_t)digest->count);
    add_bytes(hasher, digest->hash, sizeof digest->hash);
}

enum mando_status fingerprint_sum(const struct fingerprint *fingerprint,
                                  struct fingerprint_sum *sum_out, struct mando_error *error)
{
    struct fingerprint_sum sum = {0};
    struct hasher hasher;
    unsigned char hash[FINGERPRINT_BYTES] = {0};
    hasher_init(&hasher);
    hasher_begin(&hasher);
    add_digest(&hasher, &fingerprint->changes);
    for (size_t i = 0; i < fingerprint->points.count; i++) {
        const struct fingerprint_point *point = point_at(fingerprint, i);
        add_string(&hasher, point->id);
        add_digest(&hasher, &point->configurations);
        add_digest(&hasher, &point->versions);
        sum.configurations += point->configurations.count;
        sum.versions += point->versions.count;
    }
    for (size_t i = 0; mando_record_kind_at(i); i++) {
        add_digest(&hasher, &fingerprint->records[i]);
        sum.records += fingerprint->records[i].count;
    }
    hasher_end(&hasher, hash);
    EVP_MD_CTX_free(hasher.digest);
    for (size_t i = 0; i < sizeof hash; i++)
        (void)snprintf(sum.hash + 2 * i, 3, "%02x", hash[i]);
    if (hasher.has_failed)
        return fail_memory(error);
    *sum_out = sum;
    return MANDO_OK;
}
