#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "domain/document.h"
#include "mando/point.h"

/* What mando_point_parse wrote may be longer than what it read: texts are escaped in another way. */
#define REST_BYTES_MAX (8 * MANDO_POINT_CONFIG_BYTES_MAX)

/* A member of the configuration that struct mando_point has no room for; NULL where it is not there.
 * *json_out must stay while it is used. */
static enum mando_status find_member(const struct mando_point *point, const char *name,
                                     struct mando_json *json_out, yyjson_val **value_out,
                                     struct mando_error *error)
{
    *value_out = NULL;
    if (!point->document)
        return MANDO_OK;
    enum mando_status status = mando_json_parse(point->document, strlen(point->document),
                                                REST_BYTES_MAX, NULL, json_out, error);
    if (!status)
        *value_out = yyjson_obj_get(yyjson_doc_get_root(json_out->doc), name);
    return status;
}

static enum mando_status parse_document(const struct mando_point *point, const char *text,
                                        size_t length, struct mando_json *json_out,
                                        struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json rest = {0};
    yyjson_val *schema = NULL;
    enum mando_status status =
        mando_json_parse(text, length, MANDO_POINT_DOCUMENT_BYTES_MAX, NULL, json_out, error);
    if (!status)
        status = find_member(point, "json_schema", &rest, &schema, error);
    if (status || !schema)
        return status;
    return document_check(schema, json_out, yyjson_doc_get_root(json_out->doc), error);
}

enum mando_status mando_point_document_check(const struct mando_point *point, const char *text,
                                             size_t length, struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json json = {0};
    return parse_document(point, text, length, &json, error);
}

enum mando_status mando_point_document_read(const struct mando_point *point, const char *text,
                                            size_t length, char **text_out, size_t *length_out,
                                            struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json json = {0};
    MANDO_CLEANUP(mando_text_release) struct mando_text out;
    mando_text_init(&out, SIZE_MAX);
    enum mando_status status = parse_document(point, text, length, &json, error);
    if (status)
        return status;
    mando_json_append(&out, yyjson_doc_get_root(json.doc));
    if (out.status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a document");
    *text_out = out.bytes;
    *length_out = out.length;
    out.bytes = NULL;
    return MANDO_OK;
}

/* One block: the pointers, then the texts. */
static const char **copy_labels(yyjson_val *labels)
{
    size_t count = yyjson_arr_size(labels), bytes = 0, i = 0;
    yyjson_arr_iter items = yyjson_arr_iter_with(labels);
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item; item = yyjson_arr_iter_next(&items))
        bytes += yyjson_get_len(item) + 1;
    const char **copies = mando_alloc(1, count * sizeof(char *) + bytes);
    if (!copies)
        return NULL;
    char *at = (char *)(copies + count);
    items = yyjson_arr_iter_with(labels);
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item;
         item = yyjson_arr_iter_next(&items)) {
        size_t size = yyjson_get_len(item) + 1;
        memcpy(at, yyjson_get_str(item), size);
        copies[i++] = at;
        at += size;
    }
    return copies;
}

enum mando_status mando_point_labels(const struct mando_point *point,
                                     const char *const **labels_out, struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json rest = {0};
    yyjson_val *labels = NULL;
    const char **copies = NULL;
    enum mando_status status = find_member(point, "labels", &rest, &labels, error);
    if (!status && labels) {
        copies = copy_labels(labels);
        if (!copies)
            status = mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for labels");
    }
    if (!status)
        *labels_out = copies;
    return status;
}

void mando_point_labels_free(const char *const *labels)
{
    mando_free((void *)(uintptr_t)labels);
}
