/* batch.h: a batch of three rows with a column of each type, to be looked at and to be damaged. */
#ifndef BATCH_H
#define BATCH_H

#include <math.h>

#include "arrow/builder.h"
#include "check.h"

enum { BOOL, INT32, INT64, TIME, DOUBLE, DOUBLES, TEXT, COLUMNS };

#define ROWS 3
#define WIDTH 2

static const struct mando_arrow_field FIELDS[COLUMNS] = {
    {"bool", MANDO_ARROW_BOOL, true, 0},     {"int32", MANDO_ARROW_INT32, false, 0},
    {"int64", MANDO_ARROW_INT64, true, 0},   {"time", MANDO_ARROW_TIME, true, 0},
    {"double", MANDO_ARROW_DOUBLE, true, 0}, {"doubles", MANDO_ARROW_DOUBLES, true, WIDTH},
    {"text", MANDO_ARROW_TEXT, true, 0},
};

/* Row 1 is null where it may be; number 1 of row 2 is missing. */
static inline void push_rows(struct mando_arrow_builder *builder)
{
    static const double NUMBERS[ROWS][WIDTH] = {{1, 2}, {0, 0}, {3, NAN}};
    static const char *const TEXTS[ROWS] = {"a", "", "\xC3\xA4\xC3\xB6"};
    for (size_t row = 0; row < ROWS; row++) {
        mando_arrow_push_int(builder, INT32, (int64_t)row);
        for (size_t column = 0; row == 1 && column < COLUMNS; column++)
            if (FIELDS[column].nullable)
                mando_arrow_push_null(builder, column);
        if (row == 1)
            continue;
        mando_arrow_push_bool(builder, BOOL, row == 2);
        mando_arrow_push_int(builder, INT64, INT64_MAX - (int64_t)row);
        mando_arrow_push_int(builder, TIME, (int64_t)row * 1000000);
        mando_arrow_push_number(builder, DOUBLE, (double)row / 4);
        mando_arrow_push_numbers(builder, DOUBLES, NUMBERS[row]);
        mando_arrow_push_text(builder, TEXT, TEXTS[row], strlen(TEXTS[row]));
    }
}

/* Both are the caller's. */
static inline void make_batch(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    struct mando_arrow_builder builder;
    CHECK_EQ(mando_arrow_builder_init(&builder, FIELDS, COLUMNS), MANDO_OK);
    push_rows(&builder);
    CHECK_EQ(mando_arrow_builder_take(&builder, batch, NULL), MANDO_OK);
    mando_arrow_builder_release(&builder);
    CHECK_EQ(mando_arrow_schema_new(FIELDS, COLUMNS, schema), MANDO_OK);
}

#endif
