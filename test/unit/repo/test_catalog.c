/* Catalogs as a backend of others may answer them. */
#include "repo/catalog.h"

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "check.h"
#include "repo/catalog_columns.h"

/* A row of a catalog: texts by column, NULL is null. */
struct row {
    const char *texts[CATALOG_COLUMNS];
    int64_t width;
};

static const struct row SOUND = {.texts = {[CATALOG_ID] = "A/B",
                                           [CATALOG_TYPE] = "TimeSeriesDouble",
                                           [CATALOG_UNIT] = "MW",
                                           [CATALOG_RESOLUTION] = "PT1H",
                                           [CATALOG_TIME_ZONE] = "UTC",
                                           [CATALOG_AGGREGATION] = "mean"},
                                 .width = 1};

static void push(struct mando_arrow_builder *builder, const struct row *row)
{
    for (size_t i = 0; i < CATALOG_COLUMNS; i++) {
        if (CATALOG_FIELDS[i].type != MANDO_ARROW_TEXT)
            mando_arrow_push_int(builder, i, i == CATALOG_WIDTH ? row->width : 0);
        else if (row->texts[i])
            mando_arrow_push_text(builder, i, row->texts[i], strlen(row->texts[i]));
        else
            mando_arrow_push_null(builder, i);
    }
}

/* Reads a catalog of two rows, of which the first is sound. */
static enum mando_status read_second(const struct row *row, struct mando_point *point_out,
                                     struct mando_error *error)
{
    struct mando_arrow_builder builder = {0};
    struct ArrowArrayStream stream;
    struct mando_arena arena = {0};
    struct mando_catalog catalog;
    CHECK_EQ(mando_arrow_builder_init(&builder, CATALOG_FIELDS, CATALOG_COLUMNS), MANDO_OK);
    push(&builder, &SOUND);
    push(&builder, row);
    CHECK_EQ(mando_arrow_stream_of(CATALOG_FIELDS, &builder, &stream, NULL), MANDO_OK);
    enum mando_status status = mando_catalog_read(&stream, &arena, &catalog, error);
    if (!status) {
        CHECK_EQ(catalog.count, 2);
        *point_out = catalog.items[1].point;
        point_out->document = NULL;
    }
    stream.release(&stream);
    mando_arena_release(&arena);
    return status;
}

static void refuse(const struct row *row)
{
    struct mando_point point;
    struct mando_error error = {0};
    CHECK_EQ(read_second(row, &point, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "arrow.array");
    CHECK_EQ(error.index, 1);
}

TEST(a_row_that_is_no_data_point_is_refused_with_its_place)
{
    static const struct {
        enum catalog_column column;
        const char *text;
    } CASES[] = {
        {CATALOG_TYPE, "TimeSeriesDoubl"},
        {CATALOG_TYPE, "TimeSeriesDouble "},
        {CATALOG_TYPE, "TimeSeriesSingle"},
        {CATALOG_UNIT, "a unit as long as none that is stored"},
        {CATALOG_RESOLUTION, "an hour"},
        {CATALOG_RESOLUTION, ""},
        {CATALOG_TIME_ZONE, "a zone that is longer than the name of every zone of the world"},
        {CATALOG_AGGREGATION, "most"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct row row = SOUND;
        row.texts[CASES[i].column] = CASES[i].text;
        refuse(&row);
    }
    char id[MANDO_POINT_ID_SIZE + 1];
    memset(id, 'a', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    struct row row = SOUND;
    row.texts[CATALOG_ID] = id;
    refuse(&row);
}

TEST(a_width_that_no_value_has_is_refused)
{
    static const int64_t WIDTHS[] = {0, -1, 2, INT32_MIN};
    for (size_t i = 0; i < sizeof WIDTHS / sizeof *WIDTHS; i++) {
        struct row row = SOUND;
        row.width = WIDTHS[i];
        refuse(&row);
    }
    struct row matrix = SOUND;
    matrix.texts[CATALOG_TYPE] = "TimeSeriesDoubleMatrix";
    matrix.width = MANDO_POINT_WIDTH_MAX + 1;
    refuse(&matrix);
}

TEST(what_may_be_missing_is_missing)
{
    struct mando_point point;
    struct row row = SOUND;
    row.texts[CATALOG_TYPE] = "StaticData";
    row.texts[CATALOG_RESOLUTION] = NULL;
    row.texts[CATALOG_AGGREGATION] = "";
    row.texts[CATALOG_UNIT] = "";
    CHECK_EQ(read_second(&row, &point, NULL), MANDO_OK);
    CHECK_EQ(point.type, MANDO_DOCUMENT);
    CHECK_EQ(point.aggregation, 0);
    CHECK_EQ(point.resolution.time_us, 0);
    CHECK_TEXT(point.unit, "");
}

TEST(other_columns_are_no_catalog)
{
    struct mando_arrow_field fields[CATALOG_COLUMNS];
    for (int i = 0; i < 2; i++) {
        struct mando_arrow_builder builder = {0};
        struct ArrowArrayStream stream;
        struct mando_arena arena = {0};
        struct mando_catalog catalog;
        struct mando_error error = {0};
        memcpy(fields, CATALOG_FIELDS, sizeof fields);
        if (i == 0)
            fields[CATALOG_UNIT].name = "units";
        else
            fields[CATALOG_WIDTH].type = MANDO_ARROW_INT64;
        CHECK_EQ(mando_arrow_builder_init(&builder, fields, CATALOG_COLUMNS), MANDO_OK);
        CHECK_EQ(mando_arrow_stream_of(fields, &builder, &stream, NULL), MANDO_OK);
        CHECK_EQ(mando_catalog_read(&stream, &arena, &catalog, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "arrow.schema");
        stream.release(&stream);
        mando_arena_release(&arena);
    }
}
