/* mando/point.h: what a data point is, and what a reader may see of it.
 *
 * A data point has an id, a type and a configuration. Its values have three times: valid (the interval
 * that a value is about), knowledge (when it became known) and change (when it was stored). */
#ifndef MANDO_POINT_H
#define MANDO_POINT_H

#include "mando/time.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MANDO_POINT_ID_SIZE 256 /* with the NUL */
#define MANDO_POINT_SEGMENTS_MAX 16
#define MANDO_POINT_CONFIG_BYTES_MAX ((size_t)64 << 10)
#define MANDO_POINT_DOCUMENT_BYTES_MAX ((size_t)1 << 20) /* of a StaticData value */
#define MANDO_POINT_WIDTH_MAX 4096                       /* columns of a matrix */

enum mando_point_type {
    MANDO_SERIES = 1, /* TimeSeriesDouble: a number for each interval */
    MANDO_MATRIX,     /* TimeSeriesDoubleMatrix: `width` numbers for each interval */
    MANDO_DOCUMENT    /* StaticData: a JSON document that holds until the next one */
};

/* How the values of several intervals become one. */
enum mando_aggregation { MANDO_MEAN = 1, MANDO_SUM, MANDO_MIN, MANDO_MAX, MANDO_FIRST, MANDO_LAST };

/* Copyable, owns nothing. */
struct mando_point {
    char id[MANDO_POINT_ID_SIZE];
    char unit[16];
    char time_zone[48]; /* IANA, of its delivery days */
    enum mando_point_type type;
    enum mando_aggregation aggregation;
    struct mando_duration resolution; /* the usual step, P1M and P1D among them; zero = irregular */
    uint32_t width;                   /* numbers of a value: those of a matrix, else 1 */
    /* The rest of the configuration, a JSON object of labels, json_schema, tags, owner and
     * retention; borrowed; NULL = nothing of them. */
    const char *document;
};

/* Later than every time. */
#define MANDO_FOREVER INT64_MAX

/* The two cuts of a read: versions count with knowledge <= knowledge_us and change <= change_us.
 * {T, MANDO_FOREVER} is a backtest at T; a rerun pins both. */
struct mando_as_of {
    int64_t knowledge_us, change_us;
};

/* An id is 1 to 16 segments joined by "/", each a letter or digit and then letters, digits, "_", "."
 * and "-"; 255 bytes in all; case matters. MANDO_INVALID (point.id); error->column is the place in
 * the id, from 1. */
MANDO_API enum mando_status mando_point_id_check(const char *id, size_t length,
                                                 struct mando_error *error);

/* A pattern is an id in which a segment may be "*", any one segment, and the last one "**", any number
 * of segments, none among them. MANDO_INVALID (point.pattern), as above. */
MANDO_API enum mando_status mando_point_pattern_check(const char *pattern, size_t length,
                                                      struct mando_error *error);

/* Whether an id fits a pattern, both of them checked. Any thread. */
MANDO_API int mando_point_matches(const char *pattern, const char *id);

/* "TimeSeriesDouble", "TimeSeriesDoubleMatrix", "StaticData"; NULL for a number that is no type. */
MANDO_API const char *mando_point_type_name(enum mando_point_type type);

/* "mean", "sum", "min", "max", "first", "last"; NULL for a number that is no aggregation. */
MANDO_API const char *mando_aggregation_name(enum mando_aggregation aggregation);

/* Reads a resolution that values can be converted to: PT.. of at most a year, P1D, P1W, or months that
 * divide a year. MANDO_INVALID (duration.format, values.resolution). */
MANDO_API enum mando_status mando_resolution_parse(const char *text, size_t length,
                                                   struct mando_duration *resolution_out,
                                                   struct mando_error *error);

/* Reads a configuration, a JSON object with the fields of schema/point.def; unknown and repeated ones
 * are refused. `type` is that of the data point where it exists already, 0 where the text must name
 * one. Whether the time zone exists is not looked at. Fills *point_out, which borrows *document_out;
 * that is the caller's, mando_text_free, and NULL where there is nothing in it. Equal configurations
 * have equal documents.
 * MANDO_INVALID (point.id, json.*, field.*, duration.format), MANDO_LIMIT (json.*), MANDO_NO_MEMORY;
 * error->where is the JSON pointer of the field, with line and column. */
MANDO_API enum mando_status mando_point_parse(const char *id, enum mando_point_type type,
                                              const char *text, size_t length,
                                              struct mando_point *point_out, char **document_out,
                                              struct mando_error *error);

/* Writes the configuration as a JSON object without blanks, which mando_point_parse reads back; the id
 * is not in it. Of a point that was filled by hand nothing is checked: that is done by reading it back.
 * *text_out is the caller's, mando_text_free. MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_point_format(const struct mando_point *point, char **text_out,
                                               size_t *length_out, struct mando_error *error);

/* Checks a value of StaticData: it is JSON, and fits the JSON schema of `point` where there is one.
 * MANDO_INVALID (json.*, document.schema, field.duplicate), MANDO_LIMIT (json.*), MANDO_NO_MEMORY;
 * error->where is the JSON pointer of what does not fit, with line and column. */
MANDO_API enum mando_status mando_point_document_check(const struct mando_point *point,
                                                       const char *text, size_t length,
                                                       struct mando_error *error);

/* The same, and writes the document without the blanks between its parts, as it is stored: that is how
 * documents are compared. *text_out is the caller's, mando_text_free. */
MANDO_API enum mando_status mando_point_document_read(const struct mando_point *point,
                                                      const char *text, size_t length,
                                                      char **text_out, size_t *length_out,
                                                      struct mando_error *error);

/* The labels of a matrix, `width` of them. *labels_out is the caller's, mando_point_labels_free; NULL
 * for another type. MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_point_labels(const struct mando_point *point,
                                               const char *const **labels_out,
                                               struct mando_error *error);
MANDO_API void mando_point_labels_free(const char *const *labels);

#ifdef __cplusplus
}
#endif

#endif
