/* Any bytes as an id and as a pattern, split by the first zero: what is taken consists of what the
 * contract names; an id is a pattern that matches itself; a pattern's stars match as they should. */
#include "mando/point.h"

#include "fuzz.h"

static void check_taken(const char *text, size_t length, bool is_pattern)
{
    size_t segments = 1;
    MUST(length >= 1 && length < MANDO_POINT_ID_SIZE);
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool is_first = i == 0 || text[i - 1] == '/';
        bool is_alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        MUST(is_alphanumeric || (c == '*' && is_pattern)
             || (!is_first && (c == '/' || c == '_' || c == '.' || c == '-')));
        segments += c == '/';
    }
    MUST(text[length - 1] != '/' && segments <= MANDO_POINT_SEGMENTS_MAX);
}

static enum mando_status check(const char *text, size_t length, bool is_pattern)
{
    struct mando_error error;
    enum mando_status status = is_pattern ? mando_point_pattern_check(text, length, &error)
                                          : mando_point_id_check(text, length, &error);
    if (!status) {
        check_taken(text, length, is_pattern);
        return status;
    }
    MUST(error.column >= 1 && error.column <= (int64_t)length + 1);
    error.column = 0; /* it has no line: it is a place in the id */
    fuzz_check_error(&error, status, "", 0);
    return status;
}

/* Matching again, from the definition. */
static bool matches(const char *pattern, const char *id)
{
    const char *slash = strchr(pattern, '/'), *id_slash = strchr(id, '/');
    size_t length = slash ? (size_t)(slash - pattern) : strlen(pattern);
    size_t id_length = id_slash ? (size_t)(id_slash - id) : strlen(id);
    if (strcmp(pattern, "**") == 0)
        return true;
    if (!(length == 1 && *pattern == '*')
        && (length != id_length || strncmp(pattern, id, length) != 0))
        return false;
    if (slash && id_slash)
        return matches(slash + 1, id_slash + 1);
    return !id_slash && (!slash || strcmp(slash + 1, "**") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size ? memchr(text, '\0', size) : NULL;
    size_t length = end ? (size_t)(end - text) : size;
    const char *other = end ? end + 1 : text;
    size_t other_length = end ? size - length - 1 : size;
    enum mando_status id = check(text, length, false);
    enum mando_status pattern = check(other, other_length, true);
    MUST(id || !check(text, length, true));
    if (id || pattern)
        return 0;
    char id_text[MANDO_POINT_ID_SIZE] = "", pattern_text[MANDO_POINT_ID_SIZE] = "";
    memcpy(id_text, text, length);
    memcpy(pattern_text, other, other_length);
    MUST(mando_point_matches(id_text, id_text) && mando_point_matches("**", id_text));
    MUST(mando_point_matches(pattern_text, id_text) == matches(pattern_text, id_text));
    return 0;
}
