#include "base/json.h"

#include "fuzz.h"

#define LENGTH_MAX 65536
#define VALUES_MAX 500 /* each of them is looked for from the start of the text */

static char first_of(yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_NULL:
        return 'n';
    case YYJSON_TYPE_BOOL:
        return yyjson_get_bool(value) ? 't' : 'f';
    case YYJSON_TYPE_STR:
        return '"';
    case YYJSON_TYPE_ARR:
        return '[';
    case YYJSON_TYPE_OBJ:
        return '{';
    default:
        return '0';
    }
}

/* Whatever a value says about itself stands where it is located. */
static void check_value(const struct mando_json *json, yyjson_val *value)
{
    struct mando_json_place place = mando_json_locate(json, value);
    char found = *fuzz_at(json->text, json->length, place.line, place.column);
    char expected = first_of(value);
    MUST(expected == '0' ? found == '-' || (found >= '0' && found <= '9') : found == expected);
    char excerpt[MANDO_JSON_EXCERPT_SIZE];
    mando_json_excerpt(json, value, excerpt);
    MUST(excerpt[0] == found && strlen(excerpt) < sizeof excerpt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct mando_json json;
    struct mando_error error = {0};
    enum mando_status status = mando_json_parse(text, size, LENGTH_MAX, "fuzz", &json, &error);
    if (status) {
        fuzz_check_error(&error, status, text, size);
        return 0;
    }
    yyjson_val *root = yyjson_doc_get_root(json.doc);
    size_t count = yyjson_doc_get_val_count(json.doc);
    for (size_t i = 0; i < count && i < VALUES_MAX; i++)
        check_value(&json, root + i);
    mando_json_release(&json);
    return 0;
}
