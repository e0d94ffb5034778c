/* door.h: a service on each backend, with a clock that the test owns, and rows as text. */
#ifndef DOOR_H
#define DOOR_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "mando.h"

#define NOON INT64_C(1764590400000000) /* 2025-12-01T12:00:00Z */

struct door {
    char path[64], url[80];
    int64_t now;
    struct mando_service *service;
    struct mando_error error; /* of the last call that failed */
};

static inline int64_t door_clock(void *clock)
{
    return *(const int64_t *)clock;
}

static inline void door_open(struct door *door, bool is_file)
{
    struct mando_service_options options = {
        .author = "tester", .now_us = door_clock, .clock = &door->now, .may_create = 1};
    (void)snprintf(door->url, sizeof door->url, "memory:");
    door->now = NOON;
    if (is_file) {
        (void)snprintf(door->path, sizeof door->path, "/tmp/mando-service-XXXXXX");
        int file = mkstemp(door->path);
        CHECK(file >= 0 && close(file) == 0);
        (void)snprintf(door->url, sizeof door->url, "sqlite:%s", door->path);
    }
    CHECK_EQ(mando_service_open(door->url, &options, &door->service, &door->error), MANDO_OK);
}

static inline void door_close(struct door *door)
{
    char path[80];
    mando_service_free(door->service);
    if (!*door->path)
        return;
    (void)unlink(door->path);
    (void)snprintf(path, sizeof path, "%s-wal", door->path);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s-shm", door->path);
    (void)unlink(path);
}

/* A test that is run on each backend. */
#define ON_EACH(name)                                                                              \
    static void name(struct door *door);                                                           \
    TEST(name##_in_memory)                                                                         \
    {                                                                                              \
        struct door door = {0};                                                                    \
        door_open(&door, false);                                                                   \
        name(&door);                                                                               \
        door_close(&door);                                                                         \
    }                                                                                              \
    TEST(name##_in_a_file)                                                                         \
    {                                                                                              \
        struct door door = {0};                                                                    \
        door_open(&door, true);                                                                    \
        name(&door);                                                                               \
        door_close(&door);                                                                         \
    }                                                                                              \
    static void name(struct door *door)

static inline int64_t door_time(const char *text)
{
    int64_t time_us;
    CHECK_EQ(mando_time_parse(text, strlen(text), NULL, &time_us, NULL), MANDO_OK);
    return time_us;
}

/* A configuration from its JSON text. */
static inline enum mando_status door_configure(struct door *door, const char *id, const char *text)
{
    char *document = NULL;
    struct mando_point point;
    CHECK_EQ(mando_point_parse(id, 0, text, strlen(text), &point, &document, &door->error),
             MANDO_OK);
    enum mando_status status =
        mando_service_configure(door->service, &point, 1, NULL, NULL, &door->error);
    mando_text_free(document);
    return status;
}

#define DOOR_ROWS_MAX 4096

/* Rows of one data point, written as "2025-12-01T12:00:00Z 5; ..." with end, known or "deleted" after
 * the value where wanted: "START VALUE [END [KNOWN]]", "-" is none. */
struct door_rows {
    size_t count;
    int32_t point[DOOR_ROWS_MAX];
    int64_t start[DOOR_ROWS_MAX], end[DOOR_ROWS_MAX], known[DOOR_ROWS_MAX];
    double value[DOOR_ROWS_MAX];
    uint8_t present[DOOR_ROWS_MAX / 8], ended[DOOR_ROWS_MAX / 8], has_known[DOOR_ROWS_MAX / 8],
        deleted[DOOR_ROWS_MAX / 8];
};

static inline void door_bit(uint8_t *bits, size_t i)
{
    bits[i / 8] |= (uint8_t)(1u << (i % 8));
}

static inline void door_parse_row(struct door_rows *rows, char *line)
{
    char *save = NULL;
    size_t i = rows->count++;
    rows->start[i] = door_time(strtok_r(line, " ", &save));
    char *value = strtok_r(NULL, " ", &save);
    char *end = strtok_r(NULL, " ", &save), *known = strtok_r(NULL, " ", &save);
    if (strcmp(value, "deleted") == 0) {
        door_bit(rows->deleted, i);
    } else if (strcmp(value, "-") != 0) {
        rows->value[i] = strtod(value, NULL);
        door_bit(rows->present, i);
    }
    if (end && strcmp(end, "-") != 0) {
        rows->end[i] = door_time(end);
        door_bit(rows->ended, i);
    }
    if (known) {
        rows->known[i] = door_time(known);
        door_bit(rows->has_known, i);
    }
}

static inline void door_parse(struct door_rows *rows, const char *text)
{
    char copy[8192], *save = NULL;
    CHECK(strlen(text) < sizeof copy);
    memset(rows, 0, sizeof *rows);
    (void)snprintf(copy, sizeof copy, "%s", text);
    for (char *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save))
        door_parse_row(rows, line);
}

static inline struct mando_rows door_view(const struct door_rows *rows)
{
    return (struct mando_rows){.count = rows->count,
                               .type = MANDO_SERIES,
                               .width = 1,
                               .point = rows->point,
                               .valid_start_us = rows->start,
                               .valid_end_us = rows->end,
                               .knowledge_us = rows->known,
                               .value = rows->value,
                               .present = {rows->present, 0},
                               .ended = {rows->ended, 0},
                               .known = {rows->has_known, 0},
                               .deleted = {rows->deleted, 0}};
}

static inline enum mando_status door_insert(struct door *door, const char *id, const char *text,
                                            struct mando_written *written_out)
{
    static struct door_rows rows;
    struct ArrowArrayStream stream;
    door_parse(&rows, text);
    struct mando_rows view = door_view(&rows);
    CHECK_EQ(mando_rows_stream(&view, &stream, &door->error), MANDO_OK);
    enum mando_status status =
        mando_service_insert(door->service, id, &stream, NULL, written_out, &door->error);
    stream.release(&stream);
    return status;
}

static inline struct mando_query door_query(const char *const *patterns, size_t count)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    query.patterns = patterns;
    query.pattern_count = count;
    return query;
}

struct door_text {
    size_t length;
    char bytes[1 << 20];
};

static inline void door_append(struct door_text *text, const char *part)
{
    size_t left = sizeof text->bytes - text->length;
    int length = snprintf(text->bytes + text->length, left, "%s", part);
    CHECK(length >= 0 && (size_t)length < left);
    text->length += (size_t)length;
}

static inline void door_append_time(struct door_text *text, int64_t time_us)
{
    char part[MANDO_TIME_TEXT_SIZE];
    mando_time_format(time_us, part);
    door_append(text, part);
}

/* "POINT START END VALUE", in history " KNOWN CHANGED AUTHOR [deleted]" after it. */
static inline void door_append_row(struct door_text *text, const struct mando_rows *rows, size_t i)
{
    char part[64];
    (void)snprintf(part, sizeof part, "%d ", (int)rows->point[i]);
    door_append(text, part);
    door_append_time(text, rows->valid_start_us[i]);
    door_append(text, " ");
    if (mando_rows_has_end(rows, i))
        door_append_time(text, rows->valid_end_us[i]);
    if (!mando_rows_is_present(rows, i)) {
        door_append(text, " -");
    } else if (rows->type == MANDO_DOCUMENT) {
        (void)snprintf(part, sizeof part, " %.*s", (int)mando_texts_length(rows->document, i),
                       mando_texts_at(rows->document, i));
        door_append(text, part);
    } else {
        for (size_t k = 0; k < rows->width; k++) {
            double number = mando_rows_number(rows, i, k);
            (void)snprintf(part, sizeof part, isnan(number) ? " -" : " %.12g", number);
            door_append(text, part);
        }
    }
    if (rows->author.offsets) {
        door_append(text, " ");
        door_append_time(text, rows->knowledge_us[i]);
        door_append(text, " ");
        door_append_time(text, rows->change_us[i]);
        (void)snprintf(part, sizeof part, " %.*s%s", (int)mando_texts_length(rows->author, i),
                       mando_texts_at(rows->author, i),
                       mando_rows_is_deleted(rows, i) ? " deleted" : "");
        door_append(text, part);
    }
    door_append(text, "\n");
}

/* The rows of a stream, which is released. */
static inline enum mando_status door_read(struct door *door, struct ArrowArrayStream *stream,
                                          struct door_text *text)
{
    struct mando_rows rows = {0};
    enum mando_status status;
    text->length = 0;
    text->bytes[0] = '\0';
    do {
        status = mando_rows_next(stream, &rows, &door->error);
        for (size_t i = 0; !status && i < rows.count; i++)
            door_append_row(text, &rows, i);
    } while (!status && rows.count);
    stream->release(stream);
    return status;
}

static inline enum mando_status door_retrieve(struct door *door, const struct mando_query *query,
                                              struct door_text *text)
{
    struct ArrowArrayStream stream;
    enum mando_status status =
        mando_service_retrieve(door->service, query, NULL, &stream, &door->error);
    return status ? status : door_read(door, &stream, text);
}

static inline enum mando_status door_history(struct door *door, const struct mando_query *query,
                                             struct door_text *text)
{
    struct ArrowArrayStream stream;
    enum mando_status status =
        mando_service_history(door->service, query, NULL, &stream, &door->error);
    return status ? status : door_read(door, &stream, text);
}

#endif
