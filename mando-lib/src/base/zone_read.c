#include <string.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "base/fail.h"
#include "base/zone.h"
#include "base/zone_rule.h"

#define HEADER_SIZE 44
#define TYPE_SIZE 6
#define OFFSET_S_MIN (-89999) /* RFC 8536, 3.2 */
#define OFFSET_S_MAX 93599

/* The years of a footer that are written out: one before the last listed change (its daylight time
 * may still run), those of a cycle, and two so that a search may look a few days past the cycle. */
#define CYCLE_YEARS 400
#define RULE_YEARS (1 + CYCLE_YEARS + 2)

/* One data block: where its parts stand. */
struct block {
    uint32_t times, types, name_bytes, leaps, standard_flags, ut_flags;
    size_t time_size; /* bytes of a time: 4 in version 1 */
    const unsigned char *data;
    size_t size;
};

struct reader {
    const unsigned char *bytes;
    size_t size, at;
    struct block block;
    struct mando_zone_rule rule;
    bool has_rule;
    struct mando_zone_span *spans; /* room for the block and the rule */
    size_t span_count;
    const char *problem; /* what is wrong with the file */
};

static bool refuse(struct reader *reader, const char *problem)
{
    reader->problem = problem;
    return false;
}

static uint32_t load_32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t load_time(const struct block *block, size_t i)
{
    const unsigned char *bytes = block->data + i * block->time_size;
    if (block->time_size == 4)
        return (int32_t)load_32(bytes);
    return (int64_t)((uint64_t)load_32(bytes) << 32 | load_32(bytes + 4));
}

/* Reads a header and steps to the end of its block. */
static bool read_block(struct reader *reader, size_t time_size, unsigned char *version_out)
{
    const unsigned char *header = reader->bytes + reader->at;
    if (reader->size - reader->at < HEADER_SIZE)
        return refuse(reader, "it ends inside a header");
    if (memcmp(header, "TZif", 4) != 0)
        return refuse(reader, "it does not begin with \"TZif\"");
    struct block block = {.ut_flags = load_32(header + 20),
                          .standard_flags = load_32(header + 24),
                          .leaps = load_32(header + 28),
                          .times = load_32(header + 32),
                          .types = load_32(header + 36),
                          .name_bytes = load_32(header + 40),
                          .time_size = time_size,
                          .data = header + HEADER_SIZE};
    uint64_t size = (uint64_t)block.times * (time_size + 1) + (uint64_t)block.types * TYPE_SIZE
                    + block.name_bytes + (uint64_t)block.leaps * (time_size + 4)
                    + block.standard_flags + block.ut_flags;
    if (size > reader->size - reader->at - HEADER_SIZE)
        return refuse(reader, "it ends before its data do");
    block.size = (size_t)size;
    reader->at += HEADER_SIZE + block.size;
    reader->block = block;
    *version_out = header[4];
    return true;
}

/* A line between two newlines; empty where the file knows no rule. */
static bool read_footer(struct reader *reader)
{
    const char *text = (const char *)reader->bytes + reader->at;
    size_t rest = reader->size - reader->at;
    const char *end = rest > 1 ? memchr(text + 1, '\n', rest - 1) : NULL;
    if (!end || text[0] != '\n')
        return refuse(reader, "its footer is no line");
    size_t length = (size_t)(end - text) - 1;
    if (length && mando_zone_rule_read(text + 1, length, &reader->rule))
        return refuse(reader, "its footer is no rule of time");
    reader->has_rule = length > 0;
    return true;
}

static bool check_block(struct reader *reader)
{
    const struct block *block = &reader->block;
    if (block->types == 0 || block->name_bytes == 0)
        return refuse(reader, "it lists no type of local time");
    if ((block->ut_flags && block->ut_flags != block->types)
        || (block->standard_flags && block->standard_flags != block->types))
        return refuse(reader, "its numbers of types differ");
    if (block->leaps)
        return refuse(reader, "it counts leap seconds");
    const unsigned char *types = block->data + block->times * (block->time_size + 1);
    for (size_t i = 0; i < block->types; i++) {
        int32_t offset_s = (int32_t)load_32(types + i * TYPE_SIZE);
        if (offset_s < OFFSET_S_MIN || offset_s > OFFSET_S_MAX)
            return refuse(reader, "an offset from UTC is larger than a day");
        if (types[i * TYPE_SIZE + 4] > 1 || types[i * TYPE_SIZE + 5] >= block->name_bytes)
            return refuse(reader, "a type of local time is malformed");
    }
    return true;
}

static int64_t type_offset_us(const struct block *block, size_t type)
{
    const unsigned char *types = block->data + block->times * (block->time_size + 1);
    return (int32_t)load_32(types + type * TYPE_SIZE) * MANDO_SECOND_US;
}

/* From start_us on the offset is another. What was said of later times is withdrawn. */
static void add_span(struct reader *reader, int64_t start_us, int64_t offset_us)
{
    size_t count = reader->span_count;
    while (count > 1 && reader->spans[count - 1].start_us >= start_us)
        count--;
    if (reader->spans[count - 1].offset_us != offset_us)
        reader->spans[count++] = (struct mando_zone_span){start_us, offset_us};
    reader->span_count = count;
}

/* Times before the year 1 only tell which offset holds then; those after 9999 are never reached. */
static bool add_listed(struct reader *reader)
{
    const struct block *block = &reader->block;
    const unsigned char *types = block->data + block->times * block->time_size;
    reader->spans[0] = (struct mando_zone_span){INT64_MIN, type_offset_us(block, 0)};
    reader->span_count = 1;
    for (size_t i = 0; i < block->times; i++) {
        int64_t time_s = load_time(block, i);
        if (i > 0 && time_s <= load_time(block, i - 1))
            return refuse(reader, "its times do not rise");
        if (types[i] >= block->types)
            return refuse(reader, "a time has an unknown type");
        int64_t offset_us = type_offset_us(block, types[i]);
        if (time_s <= MANDO_TIME_US_MIN / MANDO_SECOND_US)
            reader->spans[0].offset_us = offset_us;
        else if (time_s <= MANDO_TIME_US_MAX / MANDO_SECOND_US)
            add_span(reader, time_s * MANDO_SECOND_US, offset_us);
    }
    return true;
}

/* Writes out the rule from from_us on; answers from when on it only repeats. */
static int64_t add_rule(struct reader *reader, int64_t from_us)
{
    const struct mando_zone_rule *rule = &reader->rule;
    add_span(reader, from_us, rule->standard_us);
    if (!rule->has_daylight)
        return INT64_MAX;
    int32_t first = mando_calendar_of(from_us).year - 1;
    for (int32_t year = first; year < first + RULE_YEARS; year++) {
        int64_t start_us, end_us;
        mando_zone_rule_daylight(rule, year, &start_us, &end_us);
        if (end_us <= start_us || end_us <= from_us)
            continue;
        add_span(reader, start_us > from_us ? start_us : from_us, rule->daylight_us);
        add_span(reader, end_us, rule->standard_us);
    }
    return mando_calendar_day(first + 2 + CYCLE_YEARS, 1, 1) * MANDO_DAY_US;
}

static int64_t add_footer(struct reader *reader)
{
    const struct block *block = &reader->block;
    int64_t low_s = MANDO_TIME_US_MIN / MANDO_SECOND_US,
            high_s = MANDO_TIME_US_MAX / MANDO_SECOND_US;
    int64_t last_s = block->times ? load_time(block, block->times - 1) : low_s;
    if (!reader->has_rule || last_s > high_s)
        return INT64_MAX;
    return add_rule(reader, (last_s > low_s ? last_s : low_s) * MANDO_SECOND_US);
}

static bool read_file(struct reader *reader)
{
    unsigned char version;
    if (!read_block(reader, 4, &version))
        return false;
    if (version == 0)
        return check_block(reader);
    if (version < '2')
        return refuse(reader, "its version is unknown");
    return read_block(reader, 8, &version) && check_block(reader) && read_footer(reader);
}

static enum mando_status fail_corrupt(const struct reader *reader, const char *name,
                                      struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_ZONE_CORRUPT, name, 0, 0,
                         "the time-zone file of %s is damaged: %s", name, reader->problem);
}

enum mando_status mando_zone_read(const char *name, const unsigned char *bytes, size_t size,
                                  struct mando_zone **zone_out, struct mando_error *error)
{
    struct reader reader = {.bytes = bytes, .size = size};
    if (!read_file(&reader))
        return fail_corrupt(&reader, name, error);
    size_t spans = 1 + reader.block.times + (reader.has_rule ? 1 + 2 * RULE_YEARS : 0);
    struct mando_zone *zone = mando_zone_new(name, spans, &reader.spans);
    if (!zone)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is not enough memory for a time zone");
    if (!add_listed(&reader)) {
        mando_zone_free(zone);
        return fail_corrupt(&reader, name, error);
    }
    zone->repeat_us = add_footer(&reader);
    zone->span_count = reader.span_count;
    *zone_out = zone;
    return MANDO_OK;
}
