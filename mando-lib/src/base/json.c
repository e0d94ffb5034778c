#include "base/json.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/utf8.h"

static void *json_malloc(void *context, size_t size)
{
    (void)context;
    return mando_realloc(NULL, size, 1);
}

static void *json_realloc(void *context, void *block, size_t size_old, size_t size)
{
    (void)context, (void)size_old;
    return mando_realloc(block, size, 1);
}

static void json_free(void *context, void *block)
{
    (void)context;
    mando_free(block);
}

static struct mando_json_place place_of(const struct mando_json *json, size_t offset)
{
    struct mando_json_place place = {1, 1};
    for (size_t i = 0; i < offset; i++) {
        place.column += ((unsigned char)json->text[i] & 0xC0) != 0x80; /* a character begins */
        if (json->text[i] == '\n')
            place = (struct mando_json_place){place.line + 1, 1};
    }
    return place;
}

/* Copies what stands at [start, end) up to the end of its line, cut at whole characters. */
static void copy_excerpt(const struct mando_json *json, size_t start, size_t end,
                         char text_out[MANDO_JSON_EXCERPT_SIZE])
{
    const size_t room = MANDO_JSON_EXCERPT_SIZE - sizeof "...";
    size_t stop = start;
    while (stop < end && (unsigned char)json->text[stop] >= ' ')
        stop++;
    size_t length = stop - start > room ? room : stop - start;
    length = mando_utf8_valid(json->text + start, length);
    (void)snprintf(text_out, MANDO_JSON_EXCERPT_SIZE, "%.*s%s", (int)length, json->text + start,
                   start + length < end ? "..." : "");
}

/* Tokens of a text that is known to be JSON: brackets, and values and keys as a whole. */
static size_t token_start(const struct mando_json *json, size_t at)
{
    while (at < json->length && strchr(" \t\r\n,:", json->text[at]))
        at++;
    return at;
}

static size_t token_end(const struct mando_json *json, size_t start)
{
    size_t at = start + 1;
    if (json->text[start] == '"') {
        while (json->text[at] != '"')
            at += json->text[at] == '\\' ? 2 : 1;
        return at + 1;
    }
    if (strchr("[]{}", json->text[start]))
        return at;
    while (at < json->length && !strchr(" \t\r\n,:]}", json->text[at]))
        at++;
    return at;
}

/* +1 where a container opens, -1 where one closes. */
static int depth_step(char c)
{
    return (c == '[' || c == '{') - (c == ']' || c == '}');
}

static size_t value_end(const struct mando_json *json, size_t start)
{
    int depth = depth_step(json->text[start]);
    size_t end = token_end(json, start);
    while (depth > 0) {
        size_t at = token_start(json, end);
        depth += depth_step(json->text[at]);
        end = token_end(json, at);
    }
    return end;
}

/* Keys and values stand in the document one behind the other as they do in the text. */
static size_t offset_of(const struct mando_json *json, yyjson_val *value)
{
    size_t before = (size_t)(value - yyjson_doc_get_root(json->doc));
    size_t at = token_start(json, 0);
    assert(before < yyjson_doc_get_val_count(json->doc));
    for (;;) {
        if (json->text[at] != ']' && json->text[at] != '}' && before-- == 0)
            return at;
        at = token_start(json, token_end(json, at));
    }
}

struct mando_json_place mando_json_locate(const struct mando_json *json, yyjson_val *value)
{
    return place_of(json, offset_of(json, value));
}

void mando_json_excerpt(const struct mando_json *json, yyjson_val *value,
                        char text_out[MANDO_JSON_EXCERPT_SIZE])
{
    size_t start = offset_of(json, value);
    copy_excerpt(json, start, value_end(json, start), text_out);
}

/* Appends "/token", with ~ and / escaped; what does not fit is left out. */
static size_t append_token(char *pointer, size_t length, const char *token, size_t token_length)
{
    const size_t room = MANDO_JSON_POINTER_SIZE - 1;
    if (length < room)
        pointer[length++] = '/';
    for (size_t i = 0; i < token_length && length < room; i++) {
        bool is_escaped = token[i] == '~' || token[i] == '/';
        pointer[length++] = is_escaped ? '~' : token[i];
        if (is_escaped && length < room)
            pointer[length++] = token[i] == '~' ? '0' : '1';
    }
    pointer[length] = '\0';
    return length;
}

/* The item or member's value that holds `value`, and its token. */
static yyjson_val *holder_of(yyjson_val *container, yyjson_val *value, char *pointer,
                             size_t *length)
{
    yyjson_val *found = NULL, *found_key = NULL;
    size_t index = 0;
    if (yyjson_is_obj(container)) {
        yyjson_obj_iter members = yyjson_obj_iter_with(container);
        for (yyjson_val *key = yyjson_obj_iter_next(&members); key && key <= value;
             key = yyjson_obj_iter_next(&members))
            found_key = key;
        found = yyjson_obj_iter_get_val(found_key);
        *length =
            append_token(pointer, *length, yyjson_get_str(found_key), yyjson_get_len(found_key));
        return value == found_key ? value : found;
    }
    yyjson_arr_iter items = yyjson_arr_iter_with(container);
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item && item <= value;
         item = yyjson_arr_iter_next(&items)) {
        found = item;
        index++;
    }
    char token[24];
    int token_length = snprintf(token, sizeof token, "%zu", index - 1);
    *length = append_token(pointer, *length, token, (size_t)token_length);
    return found;
}

void mando_json_pointer(const struct mando_json *json, yyjson_val *value,
                        char pointer_out[MANDO_JSON_POINTER_SIZE])
{
    yyjson_val *at = yyjson_doc_get_root(json->doc);
    size_t length = 0;
    pointer_out[0] = '\0';
    while (at != value)
        at = holder_of(at, value, pointer_out, &length);
}

void mando_json_append(struct mando_text *text, yyjson_val *value)
{
    const yyjson_alc allocator = {json_malloc, json_realloc, json_free, NULL};
    size_t length = 0;
    char *bytes = yyjson_val_write_opts(value, YYJSON_WRITE_NOFLAG, &allocator, &length, NULL);
    if (bytes)
        mando_text_append(text, bytes, length);
    else if (!text->status)
        text->status = MANDO_NO_MEMORY;
    mando_free(bytes);
}

void mando_json_place_error(const struct mando_json *json, yyjson_val *root,
                            struct mando_error *error)
{
    yyjson_val *value = yyjson_ptr_get(root, error->where);
    struct mando_json_place place = mando_json_locate(json, value ? value : root);
    if (json->where)
        (void)snprintf(error->where, sizeof error->where, "%s", json->where);
    error->line = place.line;
    error->column = place.column;
}

static enum mando_status fail_at_offset(const struct mando_json *json, size_t offset,
                                        enum mando_error_code code, const char *message,
                                        struct mando_error *error)
{
    struct mando_json_place place = place_of(json, offset);
    return mando_fail_at(error, code, json->where, place.line, place.column, "%s", message);
}

static enum mando_status check_bytes(const struct mando_json *json, struct mando_error *error)
{
    const char *nul = json->length ? memchr(json->text, '\0', json->length) : NULL;
    size_t valid = mando_utf8_valid(json->text, json->length);
    if (nul && (size_t)(nul - json->text) < valid)
        return fail_at_offset(json, (size_t)(nul - json->text), MANDO_E_TEXT_NUL,
                              "the text holds a NUL byte, which JSON does not allow", error);
    if (valid < json->length)
        return fail_at_offset(json, valid, MANDO_E_TEXT_UTF8,
                              "the text is not UTF-8, which JSON must be", error);
    return MANDO_OK;
}

static enum mando_status fail_syntax(const struct mando_json *json, const yyjson_read_err *problem,
                                     struct mando_error *error)
{
    if (problem->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is not enough memory for the JSON text");
    if (json->length == 0 || problem->code == YYJSON_READ_ERROR_EMPTY_CONTENT)
        return fail_at_offset(json, 0, MANDO_E_JSON_SYNTAX, "the text is empty, not JSON", error);
    if (problem->code == YYJSON_READ_ERROR_UNEXPECTED_END || problem->pos >= json->length)
        return fail_at_offset(json, json->length, MANDO_E_JSON_SYNTAX,
                              "the text is not JSON: it ends too early", error);
    struct mando_json_place place = place_of(json, problem->pos);
    char excerpt[MANDO_JSON_EXCERPT_SIZE];
    copy_excerpt(json, problem->pos, json->length, excerpt);
    bool visible = (unsigned char)json->text[problem->pos] > ' ';
    return mando_fail_at(error, MANDO_E_JSON_SYNTAX, json->where, place.line, place.column,
                         "the text is not JSON: %s%s%s", problem->msg, visible ? ", here: " : "",
                         visible ? excerpt : "");
}

static enum mando_status fail_depth(const struct mando_json *json, size_t offset,
                                    struct mando_error *error)
{
    struct mando_json_place place = place_of(json, offset);
    return mando_fail_at(error, MANDO_E_JSON_DEPTH, json->where, place.line, place.column,
                         "the JSON is nested more than %d levels deep", MANDO_JSON_DEPTH_MAX);
}

/* yyjson does not recurse, so depth costs it nothing; it would cost others. */
static enum mando_status check_depth(const struct mando_json *json, struct mando_error *error)
{
    int depth = 0;
    for (size_t at = token_start(json, 0); at < json->length;
         at = token_start(json, token_end(json, at))) {
        depth += depth_step(json->text[at]);
        if (depth > MANDO_JSON_DEPTH_MAX)
            return fail_depth(json, at, error);
    }
    return MANDO_OK;
}

enum mando_status mando_json_parse(const char *text, size_t length, size_t length_max,
                                   const char *where, struct mando_json *json_out,
                                   struct mando_error *error)
{
    if (length > length_max)
        return mando_fail_at(error, MANDO_E_JSON_SIZE, where, 0, 0,
                             "the JSON text has %zu bytes, more than the %zu allowed", length,
                             length_max);
    bool marked = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
    struct mando_json json = {
        .text = marked ? text + 3 : text, .length = marked ? length - 3 : length, .where = where};
    enum mando_status status = check_bytes(&json, error);
    if (status)
        return status;
    const yyjson_alc allocator = {json_malloc, json_realloc, json_free, NULL};
    yyjson_read_err problem = {0};
    /* Without YYJSON_READ_INSITU the text is only read. */
    json.doc =
        yyjson_read_opts((char *)json.text, json.length, YYJSON_READ_NOFLAG, &allocator, &problem);
    status = json.doc ? check_depth(&json, error) : fail_syntax(&json, &problem, error);
    if (status)
        mando_json_release(&json);
    else
        *json_out = json;
    return status;
}

void mando_json_release(struct mando_json *json)
{
    yyjson_doc_free(json->doc);
    *json = (struct mando_json){0};
}
