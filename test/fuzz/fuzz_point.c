/* Any bytes as the configuration of a data point and, after a zero, as a value of it: what is taken is
 * written and read back to the same, with the same document; what is refused has a place. */
#include "mando/codec.h"
#include "mando/point.h"

#include "fuzz.h"

static enum mando_status parse(const char *text, size_t length, struct mando_point *point,
                               char **document)
{
    struct mando_error error;
    memset(point, 0, sizeof *point);
    enum mando_status status =
        mando_point_parse("a/b", (enum mando_point_type)0, text, length, point, document, &error);
    if (status)
        fuzz_check_error(&error, status, text, length);
    MUST(!status == !!point->type);
    return status;
}

static void check_round(const struct mando_point *point)
{
    struct mando_point again;
    char *text = NULL, *document = NULL;
    size_t length = 0;
    MUST(!mando_point_format(point, &text, &length, NULL) && strlen(text) == length);
    if (length <= MANDO_POINT_CONFIG_BYTES_MAX) {
        MUST(!parse(text, length, &again, &document));
        MUST(!document == !point->document);
        MUST(!document || strcmp(document, point->document) == 0);
        again.document = point->document;
        MUST(memcmp(&again, point, sizeof again) == 0);
    }
    mando_text_free(document);
    mando_text_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *zero = size ? memchr(text, '\0', size) : NULL;
    size_t length = zero ? (size_t)(zero - text) : size;
    struct mando_point point;
    struct mando_error error;
    char *document = NULL;
    if (parse(text, length, &point, &document))
        return 0;
    check_round(&point);
    if (zero && point.type == MANDO_DOCUMENT) {
        size_t value_length = size - length - 1;
        enum mando_status status =
            mando_point_document_check(&point, zero + 1, value_length, &error);
        if (status)
            fuzz_check_error(&error, status, zero + 1, value_length);
    }
    mando_text_free(document);
    return 0;
}
